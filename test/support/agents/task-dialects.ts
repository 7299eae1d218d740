import type { TaskDialect } from './steps.ts';
import { chatTask } from './task-chat.ts';
import { geminiTask } from './task-gemini.ts';
import { messagesTask } from './task-messages.ts';
import { responsesTask } from './task-responses.ts';

/** One model in each dialect that upstreams speak, named so that a table of models knows what it takes. */
export const taskModels = {
  'openai-chat': 'deepseek-v4-pro',
  'openai-responses': 'gpt-5-pro',
  'anthropic-messages': 'claude-sonnet-4-6',
  gemini: 'gemini-3.5-flash',
} as const;
export type TaskDialectName = keyof typeof taskModels;

/** Each dialect, and the path of its calls. */
export const taskDialects: Readonly<Record<TaskDialectName, { path: RegExp; task: TaskDialect }>> = {
  'openai-chat': { path: /\/chat\/completions$/, task: chatTask },
  'openai-responses': { path: /\/responses$/, task: responsesTask },
  'anthropic-messages': { path: /\/messages$/, task: messagesTask },
  gemini: { path: /:(streamGenerateContent|generateContent)$/, task: geminiTask },
};
