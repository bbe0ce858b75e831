// The exports of the module; it exports its memory as well.
export { blendFloats } from './blendFloats';
export { bytesToFloats } from './bytesToFloats';
export { countBytes } from './countBytes';
export { mirrorRows } from './mirrorRows';
export { padLines } from './padLines';
export { recolour } from './recolour';
export { replaceBytes } from './replaceBytes';
export { resizeLines } from './resizeLines';
export { sharpen } from './sharpen';
export { slideRows } from './slideRows';
export { transposeBlocks } from './transposeBlocks';
export { turn } from './turn';
