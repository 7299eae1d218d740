import { ArrowUp, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { Routing } from '#shared/domain/routing.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { InlineProblem } from '../../components/problem.tsx';
import { ruleText } from './plan-words.ts';
import { RuleDialog } from './rule-dialog.tsx';
import { useRouting } from './use-change-routing.ts';

/** Rules that send requests elsewhere than to the requested model, without the tool knowing. */
export function RulesCard({ routing }: { routing: Routing }) {
  const [isAdding, setIsAdding] = useState(false);
  const { save, change } = useRouting();
  const { rules } = routing;
  const keep = (changed: Routing['rules']) => change({ ...routing, rules: changed }, () => {});
  return (
    <Card
      title="Rules"
      description="Requests that match a rule are routed to another model. The first matching rule applies."
      actions={
        <Button size="small" icon={<Plus aria-hidden />} onClick={() => setIsAdding(true)}>
          Add a rule
        </Button>
      }
    >
      {rules.length === 0 && <p className="text-sm text-ink-2">No rules: every request goes to the model it names.</p>}
      <ol className="flex flex-col gap-1.5">
        {rules.map((rule, index) => (
          <li key={JSON.stringify(rule)} className="flex items-center gap-2 text-sm">
            <span className="min-w-0 flex-1 break-words">
              {index + 1}. {ruleText(rule)} <span className="text-ink-3">goes to</span>{' '}
              <span className="font-mono">{rule.use}</span>
            </span>
            <IconButton
              label={`Move rule ${index + 1} up`}
              disabled={index === 0 || save.isPending}
              onClick={() => keep(rules.toSpliced(index, 1).toSpliced(index - 1, 0, rule))}
            >
              <ArrowUp aria-hidden />
            </IconButton>
            <IconButton
              label={`Remove rule ${index + 1}`}
              disabled={save.isPending}
              onClick={() => keep(rules.toSpliced(index, 1))}
            >
              <Trash2 aria-hidden />
            </IconButton>
          </li>
        ))}
      </ol>
      <InlineProblem error={save.error} />
      {isAdding && <RuleDialog routing={routing} onClose={() => setIsAdding(false)} />}
    </Card>
  );
}
