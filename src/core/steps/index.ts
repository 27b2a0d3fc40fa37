import type { Step } from '../machine.ts';
import { blocksStep } from './blocks.ts';
import { captionsStep } from './captions.ts';
import { checksStep } from './checks.ts';
import { cutStep } from './cut.ts';
import { approvalStep, scriptStep } from './script.ts';
import { segmentsStep } from './segments.ts';
import { wordsStep } from './words.ts';

/** The film's way from theme to final cut. A host adds steps of its own behind or between them. */
export function defaultSteps(): readonly Step[] {
  const [script, approval] = [scriptStep(), approvalStep()];
  return [
    script,
    approval,
    blocksStep([script, approval]),
    checksStep(),
    wordsStep(),
    segmentsStep(),
    captionsStep(),
    cutStep(),
  ];
}
