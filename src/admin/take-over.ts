export { type TakenOver, type TakeOverDefaults, type TakeOverOptions, takeOver } from '../core/take-over.ts';
