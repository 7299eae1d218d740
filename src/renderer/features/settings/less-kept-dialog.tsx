import { ConfirmDialog } from '../../components/confirm-dialog.tsx';

interface LessKeptDialogProps {
  isOpen: boolean;
  title: string;
  /** What is deleted. */
  children: string;
  onAnswer: (isYes: boolean) => void;
}

/** Asks before a setting deletes what is stored. */
export function LessKeptDialog({ isOpen, title, children, onAnswer }: LessKeptDialogProps) {
  return (
    <ConfirmDialog
      isOpen={isOpen}
      title={title}
      confirmLabel="Delete and keep less"
      isBusy={false}
      error={null}
      onConfirm={() => onAnswer(true)}
      onClose={() => onAnswer(false)}
    >
      <p>{children}</p>
    </ConfirmDialog>
  );
}
