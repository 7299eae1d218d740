import type { z } from 'zod';

/** A read: changes nothing, may be repeated. */
export interface Query<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  kind: 'query';
  input: I;
  output: O;
}
/** A change the user asked for. */
export interface Command<I extends z.ZodType = z.ZodType, O extends z.ZodType = z.ZodType> {
  kind: 'command';
  input: I;
  output: O;
}
/** Something that happened; sent to every open page. */
export interface Event<P extends z.ZodType = z.ZodType> {
  kind: 'event';
  payload: P;
}

export function query<I extends z.ZodType, O extends z.ZodType>(parts: { input: I; output: O }): Query<I, O> {
  return { kind: 'query', ...parts };
}
export function command<I extends z.ZodType, O extends z.ZodType>(parts: { input: I; output: O }): Command<I, O> {
  return { kind: 'command', ...parts };
}
export function event<P extends z.ZodType>(parts: { payload: P }): Event<P> {
  return { kind: 'event', ...parts };
}
