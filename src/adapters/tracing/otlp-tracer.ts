/**
 * Traces by OTLP over HTTP, as JSON, with OpenTelemetry's own SDK. Loading it takes longer than a whole idle run, so that
 * this file is only imported where an address for traces is set.
 */
import { diag, DiagLogLevel, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Span as ApiSpan } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

import type { Secret } from '../../domain/secret.ts';
import type { Log } from '../../ports/log.ts';
import type { Span, Tracer } from '../../ports/tracer.ts';

export interface OtlpOptions {
  /** The whole address, `http://localhost:4318/v1/traces`. */
  readonly url: string;
  /** `name=value,name=value`, percent-encoded, as in OTEL_EXPORTER_OTLP_HEADERS; null: none. */
  readonly headers: Secret | null;
  readonly serviceVersion: string;
  readonly log: Pick<Log, 'warn'>;
}

/** For one attempt to send; also what a run waits for at its end when the collector does not answer. */
const SEND_MILLISECONDS = 5_000;
const LONGEST_VALUE = 1_000;

export function createOtlpTracer({ headers, log, serviceVersion, url }: OtlpOptions): Tracer {
  // The SDK reports its own troubles here; they are worth a line, and never more.
  const say = (message: string): void => log.warn(`Traces: ${message}`);
  diag.setLogger(
    { error: say, warn: say, info: () => {}, debug: () => {}, verbose: () => {} },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const exporter = new OTLPTraceExporter({
    url,
    headers: parsedHeaders(headers),
    timeoutMillis: SEND_MILLISECONDS,
  });
  const named = resourceFromAttributes({ 'service.name': 'reelmill', 'service.version': serviceVersion });
  const provider = new TracerProvider({
    // OTEL_SERVICE_NAME wins over OTEL_RESOURCE_ATTRIBUTES, as specified.
    resource: named.merge(
      detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] }),
    ),
    spanLimits: { attributeValueLengthLimit: LONGEST_VALUE },
    spanProcessors: [new BatchSpanProcessor({ exporter, exportTimeoutMillis: SEND_MILLISECONDS })],
  });
  const tracer = provider.getTracer('reelmill', serviceVersion);
  const contained = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      log.warn('Traces could not be sent', { error });
    }
  };
  return {
    start(name, kind, attributes, parent) {
      const context = parent instanceof OtlpSpan ? trace.setSpan(ROOT_CONTEXT, parent.inner) : ROOT_CONTEXT;
      const options = { kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL, attributes };
      return new OtlpSpan(tracer.startSpan(name, options, context));
    },
    flush: () => contained(() => provider.forceFlush()),
    close: () => contained(() => provider.shutdown()),
  };
}

class OtlpSpan implements Span {
  readonly inner: ApiSpan;

  constructor(inner: ApiSpan) {
    this.inner = inner;
  }

  set(attributes: Parameters<Span['set']>[0]): void {
    this.inner.setAttributes({ ...attributes });
  }

  fail(words: string): void {
    this.inner.setStatus({ code: SpanStatusCode.ERROR, message: words.slice(0, LONGEST_VALUE) });
  }

  end(): void {
    this.inner.end();
  }
}

function parsedHeaders(headers: Secret | null): Record<string, string> {
  const pairs = (headers?.reveal() ?? '').split(',').flatMap((pair): [string, string][] => {
    const at = pair.indexOf('=');
    return at <= 0 ? [] : [[pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())]];
  });
  return Object.fromEntries(pairs);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
