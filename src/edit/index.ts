export { applyEdits, conflicts, editBetween, type FileEdit, offsetBefore, type TextEdit } from './apply.ts';
export {
  indentAt,
  insertAfter,
  insertBefore,
  insertLinesAbove,
  insertLinesBelow,
  keywordLike,
  type Removal,
  removeInstruction,
  removeToken,
  replaceRange,
} from './builders.ts';
