import { Plus, Waypoints } from 'lucide-react';
import { useState } from 'react';
import type { Plan, Routing } from '#shared/domain/routing.ts';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Page } from '../../components/page.tsx';
import { Problem } from '../../components/problem.tsx';
import { SkeletonRows } from '../../components/skeleton.tsx';
import { PlanDialog } from './plan-dialog.tsx';
import { PlanList } from './plan-list.tsx';
import { RulesCard } from './rules-card.tsx';
import { useRouting } from './use-change-routing.ts';

export function PlansPage() {
  const { routing } = useRouting();
  // A plan to change, a new one, or none.
  const [edited, setEdited] = useState<Plan | 'new' | null>(null);
  return (
    <Page
      title="Plans"
      description="A plan is a name that tools use as a model. Corvus routes it to the models you choose."
      actions={
        <Button look="primary" icon={<Plus aria-hidden />} onClick={() => setEdited('new')}>
          New plan
        </Button>
      }
    >
      {routing.isPending && <SkeletonRows rows={4} label="Loading plans" />}
      {routing.error && <Problem error={routing.error} onRetry={() => void routing.refetch()} />}
      {routing.data && <Content routing={routing.data} onEdit={setEdited} />}
      {routing.data && edited !== null && (
        <PlanDialog routing={routing.data} plan={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}

function Content({ routing, onEdit }: { routing: Routing; onEdit: (plan: Plan) => void }) {
  return (
    <>
      <Card title="Your plans" isFlush>
        {routing.plans.length === 0 ? (
          <EmptyState icon={<Waypoints />} title="No plans yet">
            Create a plan to fall back to another model when the first fails, to use the cheapest, or to let several
            answer together.
          </EmptyState>
        ) : (
          <PlanList routing={routing} onEdit={onEdit} />
        )}
      </Card>
      <RulesCard routing={routing} />
      <Card title="Without a plan" description="A tool can also write out a plan as the model name.">
        <ul className="flex flex-col gap-2 font-mono text-[0.8125rem] break-all">
          <li>corvus/mesh:gpt-5.5,claude-sonnet-5</li>
          <li>corvus/compare:gpt-5.5,claude-sonnet-5</li>
          <li>corvus/judge:gpt-5.5,claude-sonnet-5,glm-4.6</li>
        </ul>
        <p className="mt-2 text-sm text-ink-2">With blend and judge, the last model is the arbiter.</p>
      </Card>
    </>
  );
}
