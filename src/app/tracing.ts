/**
 * Traces of runs: a span for the run, one for each step, one for each call to a provider. It stands outside of the steps,
 * so that they know nothing of it; without an address for traces nothing of it exists.
 */
import type { Environment } from '../config/environment.ts';
import { describeFailure, type Failure } from '../domain/failure.ts';
import type { Log } from '../ports/log.ts';
import type { Span, SpanAttributes, Tracer } from '../ports/tracer.ts';
import type { RunEvent, RunOptions, RunParts, RunReport } from '../runtime/run-channel.ts';
import { watchedContext, type WatchedCall } from './watched-providers.ts';

/** `null` unless an address for traces is set. */
export async function openTracer(
  environment: Environment,
  log: Log,
  serviceVersion: string,
): Promise<Tracer | null> {
  const { otlpHeaders, otlpTracesHeaders, otlpTracesUrl: url } = environment;
  if (url === null) return null;
  const { createOtlpTracer } = await import('../adapters/tracing/otlp-tracer.ts');
  return createOtlpTracer({ url, headers: otlpTracesHeaders ?? otlpHeaders, serviceVersion, log });
}

export interface RunTrace {
  /** The same parts, whose providers are watched. */
  readonly parts: RunParts;
  readonly observe: (event: RunEvent) => void;
  /** Null: it ended with an exception. */
  readonly end: (report: RunReport | null) => void;
}

/** No text of a post and no address is in a span: only names, models, ids, outcomes and failures. */
export function traceRun(
  tracer: Tracer,
  redact: (text: string) => string,
  parts: RunParts,
  options: RunOptions,
): RunTrace {
  const run = tracer.start('reelmill.run', 'internal', { 'reelmill.run.mode': options.mode }, null);
  let step: Span | null = null;
  const failed = (span: Span, failure: Failure): void => {
    span.set({ 'error.type': failure.code });
    span.fail(redact(describeFailure(failure)));
  };
  const call: WatchedCall = async (name, attributes, perform, learn) => {
    const span = tracer.start(name, 'client', attributes, step ?? run);
    try {
      const result = await perform();
      if (!result.ok) failed(span, result.failure);
      else if (learn) span.set(learn(result.value));
      return result;
    } catch (error) {
      span.fail(redact(error instanceof Error ? error.message : String(error)));
      throw error;
    } finally {
      span.end();
    }
  };
  return {
    parts: { ...parts, context: watchedContext(parts.context, call) },
    observe(event) {
      if (event.type === 'action-started') {
        step = tracer.start(`step ${event.action.type}`, 'internal', idOf(event.id), run);
        return;
      }
      if (event.failure !== null && step !== null) failed(step, event.failure);
      step?.set(event.event === null ? {} : { 'reelmill.event': event.event });
      step?.end();
      step = null;
    },
    end(report) {
      // An exception leaves a step open.
      step?.end();
      if (report === null) run.fail('a bug');
      else run.set({ 'reelmill.run.stop': report.stop, 'reelmill.run.posts': report.tasksProcessed });
      run.set(idOf(report?.id ?? null));
      if (report !== null && report.failure !== null) failed(run, report.failure);
      run.end();
    },
  };
}

function idOf(id: string | null): SpanAttributes {
  return id === null ? {} : { 'reelmill.post': id };
}
