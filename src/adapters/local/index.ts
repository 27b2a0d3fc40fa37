export { folder } from './folder.ts';
export { sqlite } from './sqlite.ts';
