import type { CallError } from '../lib/call-error.ts';
import { Button } from './button.tsx';
import { DialogActions } from './dialog.tsx';
import { InlineProblem } from './problem.tsx';

interface FormActionsProps {
  /** What the form does: "Create key". */
  label: string;
  /** Whether the form can be submitted as it is. */
  isReady?: boolean;
  /** The call that the form makes. */
  call: { error: Pick<CallError, 'message'> | null; isPending: boolean };
  onCancel: () => void;
}

/** The end of a form in a dialog: why it was refused, Cancel, and the button that submits it. */
export function FormActions({ label, isReady = true, call, onCancel }: FormActionsProps) {
  return (
    <>
      <InlineProblem error={call.error} />
      <DialogActions>
        <Button onClick={onCancel}>Cancel</Button>
        <Button type="submit" look="primary" disabled={!isReady} isBusy={call.isPending}>
          {label}
        </Button>
      </DialogActions>
    </>
  );
}
