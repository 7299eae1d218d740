import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Plan, Routing } from '#shared/domain/routing.ts';
import { Badge } from '../../components/badge.tsx';
import { IconButton } from '../../components/button.tsx';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { RecentRequests } from '../../components/recent-usage.tsx';
import { showToast } from '../../components/toast.ts';
import { type UsedRecently, useUsageBy } from '../../lib/use-usage-by.ts';
import { modeWords } from './plan-words.ts';
import { useRouting } from './use-change-routing.ts';

export function PlanList({ routing, onEdit }: { routing: Routing; onEdit: (plan: Plan) => void }) {
  const [removing, setRemoving] = useState<Plan | null>(null);
  // Tools name a plan as they name a model.
  const usageOf = useUsageBy('model');
  return (
    <>
      <ul className="divide-y divide-line border-t border-line">
        {routing.plans.map((plan) => (
          <PlanRow
            key={plan.name}
            plan={plan}
            usage={usageOf(plan.name)}
            onEdit={() => onEdit(plan)}
            onRemove={() => setRemoving(plan)}
          />
        ))}
      </ul>
      <RemovePlanDialog routing={routing} plan={removing} onClose={() => setRemoving(null)} />
    </>
  );
}

interface PlanRowProps {
  plan: Plan;
  usage: UsedRecently | null;
  onEdit: () => void;
  onRemove: () => void;
}

function PlanRow({ plan, usage, onEdit, onRemove }: PlanRowProps) {
  const { name, mode, candidates, arbiter } = plan;
  const separator = mode === 'mesh' ? ' → ' : ', ';
  return (
    <li className="flex items-start gap-4 px-5 py-3.5">
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <span className="font-mono text-sm font-semibold break-all">{name}</span>
          <Badge tone="accent" title={modeWords[mode].does}>
            {modeWords[mode].name}
          </Badge>
        </p>
        <p className="mt-1 text-sm break-words text-ink-2">
          {candidates.map(({ model }) => model).join(separator)}
          {arbiter && `; ${arbiter.model} ${mode === 'judge' ? 'judges' : 'blends'}`}
        </p>
        {usage && (
          <p className="mt-1 text-sm text-ink-3">
            Last 30 days: <RecentRequests usage={usage} />
          </p>
        )}
      </div>
      <IconButton label={`Change ${name}`} onClick={onEdit}>
        <Pencil aria-hidden />
      </IconButton>
      <IconButton label={`Remove ${name}`} onClick={onRemove}>
        <Trash2 aria-hidden />
      </IconButton>
    </li>
  );
}

function RemovePlanDialog({ routing, plan, onClose }: { routing: Routing; plan: Plan | null; onClose: () => void }) {
  const { save, change } = useRouting();
  function confirm() {
    if (!plan) return;
    change({ ...routing, plans: routing.plans.filter(({ name }) => name !== plan.name) }, () => {
      showToast({ tone: 'good', title: `${plan.name} is removed` });
      onClose();
    });
  }
  return (
    <ConfirmDialog
      isOpen={plan !== null}
      title={`Remove ${plan?.name ?? 'this plan'}?`}
      confirmLabel="Remove plan"
      isBusy={save.isPending}
      error={save.error}
      onConfirm={confirm}
      onClose={() => {
        save.reset();
        onClose();
      }}
    >
      <p>Requests that name it will be refused. Past requests stay in the list.</p>
    </ConfirmDialog>
  );
}
