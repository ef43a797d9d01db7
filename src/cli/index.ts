export { answerLines, optionType } from './describe.ts';
export { exitCodes, main } from './main.ts';
export type { OpenPorts, PortsRequest, Wiring } from './wiring.ts';
