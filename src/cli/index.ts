export { answerLines, optionType } from './describe.ts';
export { type FolderReport, fixFolder } from './fix-folder.ts';
export { exitCodes, main } from './main.ts';
export type { OpenPorts, PortsRequest, Wiring } from './wiring.ts';
