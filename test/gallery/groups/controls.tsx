import { Plus, RotateCcw } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button, IconButton } from '../../../src/renderer/components/button.tsx';
import { CodeBlock, CopyableValue } from '../../../src/renderer/components/code-block.tsx';
import { CopyButton } from '../../../src/renderer/components/copy-button.tsx';
import { Field, TextInput, WholeNumberInput } from '../../../src/renderer/components/field.tsx';
import { Segmented } from '../../../src/renderer/components/segmented.tsx';
import { Select } from '../../../src/renderer/components/select.tsx';
import { Switch } from '../../../src/renderer/components/switch.tsx';
import { Tabs } from '../../../src/renderer/components/tabs.tsx';
import { entry, type Group } from '../entry.ts';
import { longText } from '../samples.ts';

const looks = ['primary', 'secondary', 'quiet', 'danger'] as const;
const sizes = ['small', 'medium', 'large'] as const;
const choices = [
  { value: 'first', label: 'First' },
  { value: 'second', label: 'Second' },
  { value: 'long', label: longText },
] as const;

const Row = ({ children }: { children: ReactNode }) => (
  <div className="flex flex-wrap items-center gap-3">{children}</div>
);

function Held<T>({ start, children }: { start: T; children: (value: T, set: (value: T) => void) => ReactNode }) {
  const [value, setValue] = useState(start);
  return children(value, setValue);
}

const fields = (
  <div className="grid gap-4 sm:grid-cols-2">
    <Field label="Name" hint="For example: editor, nightly tests">
      {(ids) => <TextInput {...ids} defaultValue="Editor" />}
    </Field>
    <Field label="Empty">{(ids) => <TextInput {...ids} placeholder="Search by name or address" />}</Field>
    <Field label="Wrong" error="Enter an amount such as 30 or 12.50.">
      {(ids) => <TextInput {...ids} defaultValue="thirty" />}
    </Field>
    <Field label="Disabled">{(ids) => <TextInput {...ids} disabled defaultValue="Cannot be changed" />}</Field>
    <Field label="Whole number">
      {(ids) => <Held start={45_000}>{(value, set) => <WholeNumberInput {...ids} value={value} onValue={set} />}</Held>}
    </Field>
    <Field label={`A label that is ${longText}`} hint={`A hint that is ${longText}`}>
      {(ids) => <TextInput {...ids} defaultValue={longText} />}
    </Field>
  </div>
);

export const controls: Group = {
  id: 'controls',
  name: 'Controls',
  entries: [
    ...looks.map((look) =>
      entry(
        `Button, ${look}`,
        <Row>
          {sizes.map((size) => (
            <Button key={size} look={look} size={size}>
              {size}
            </Button>
          ))}
          <Button look={look} icon={<Plus aria-hidden />}>
            With an icon
          </Button>
          <Button look={look} disabled>
            Disabled
          </Button>
          <Button look={look} isBusy>
            Busy
          </Button>
        </Row>,
      ),
    ),
    entry(
      'Icon button',
      <Row>
        <IconButton label="Try again">
          <RotateCcw aria-hidden />
        </IconButton>
        <IconButton label="Try again, disabled" disabled>
          <RotateCcw aria-hidden />
        </IconButton>
      </Row>,
    ),
    entry(
      'Copy button',
      <Row>
        <CopyButton text="text" label="Copy text" />
        <CopyButton text="text" label="Copy with a word">
          Copy
        </CopyButton>
        <CopyButton text="text" label="Copy, primary" look="primary">
          Copy
        </CopyButton>
      </Row>,
    ),
    entry('Fields', fields),
    entry(
      'Select',
      <Row>
        <Held<'first' | 'second' | 'long'> start="first">
          {(value, set) => (
            <Select aria-label="Choice" className="w-36" value={value} options={choices} onValue={set} />
          )}
        </Held>
        <Held<'first' | 'second' | 'long'> start="long">
          {(value, set) => (
            <Select aria-label="Long choice" className="w-56" value={value} options={choices} onValue={set} />
          )}
        </Held>
        <Select
          aria-label="Disabled choice"
          className="w-36"
          value="first"
          options={choices}
          onValue={() => {}}
          disabled
        />
      </Row>,
    ),
    entry(
      'Segmented',
      <Held<'cost' | 'requests' | 'tokens'> start="cost">
        {(value, set) => (
          <Segmented
            label="Measure"
            value={value}
            options={[
              { value: 'cost', label: 'Cost' },
              { value: 'requests', label: 'Requests' },
              { value: 'tokens', label: 'Tokens' },
            ]}
            onValue={set}
          />
        )}
      </Held>,
    ),
    entry(
      'Switch',
      <div className="flex max-w-md flex-col gap-3">
        <Held<boolean> start>
          {(isOn, set) => <Switch label="On" hint="With a hint below it." isOn={isOn} onChange={set} />}
        </Held>
        <Held start={false}>{(isOn, set) => <Switch label="Off" isOn={isOn} onChange={set} />}</Held>
        <Held start={false}>
          {(isOn, set) => <Switch label={longText} hint={longText} isOn={isOn} onChange={set} />}
        </Held>
      </div>,
    ),
    entry(
      'Tabs',
      <Held<'one' | 'two' | 'three'> start="one">
        {(value, set) => (
          <Tabs
            label="Tools"
            value={value}
            tabs={[
              { value: 'one', label: 'OpenAI SDK', content: <p>The first panel.</p> },
              { value: 'two', label: 'Anthropic SDK', content: <p>The second panel.</p> },
              { value: 'three', label: 'Environment variables', content: <p>The third panel.</p> },
            ]}
            onValue={set}
          />
        )}
      </Held>,
    ),
    entry(
      'Code block',
      <CodeBlock
        label="example"
        code={`export OPENAI_API_KEY='sk-local-your-key'\ncurl http://127.0.0.1:4477/${longText}`}
      />,
    ),
    entry('Copyable value', <CopyableValue label="address" value={`http://127.0.0.1:4477/${longText}`} />),
  ],
};
