/** A collector on this machine: takes OTLP over HTTP as JSON, checks it against the published shape, and hands out the spans. */
import { z } from 'zod';

import { startTestServer, type TestServer } from '../../src/adapters/http/test-server.ts';

const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.union([z.int(), z.string().regex(/^-?\d+$/)]) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z
  .array(z.object({ key: z.string().min(1), value }))
  .transform((list) =>
    Object.fromEntries(list.map((one) => [one.key, Object.values(one.value)[0] as unknown])),
  );
const nanoseconds = z.string().regex(/^\d{19}$/);

/** opentelemetry-proto, `trace.proto`, in its JSON mapping: ids in hexadecimal, times as texts. */
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z
                .string()
                .regex(/^[0-9a-f]{16}$/)
                .optional(),
              name: z.string(),
              kind: z.union([z.literal(1), z.literal(3)]),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes,
              status: z.object({ code: z.int(), message: z.string().optional() }),
            }),
          ),
        }),
      ),
    }),
  ),
});

type RawSpan = z.output<typeof requestSchema>['resourceSpans'][number]['scopeSpans'][number]['spans'][number];

export interface SeenSpan extends RawSpan {
  readonly resource: Readonly<Record<string, unknown>>;
  /** Name of the span it belongs to; null for a root. */
  readonly parent: string | null;
}

export interface Collector extends AsyncDisposable {
  readonly url: string;
  readonly server: TestServer;
  /** All that came, in order of their beginning. */
  spans(): SeenSpan[];
}

/** `status`: what every request is answered with. */
export async function startCollector(status = 200): Promise<Collector> {
  const server = await startTestServer((response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    url: server.url,
    server,
    spans() {
      const found = server.seen.flatMap(({ body }) =>
        requestSchema
          .parse(JSON.parse(body))
          .resourceSpans.flatMap(({ resource, scopeSpans }) =>
            scopeSpans.flatMap(({ spans }) =>
              spans.map((span) => Object.assign(span, { resource: resource.attributes })),
            ),
          ),
      );
      const names = new Map(found.map(({ name, spanId }) => [spanId, name]));
      return found
        .map((span) =>
          Object.assign(span, { parent: span.parentSpanId ? (names.get(span.parentSpanId) ?? '?') : null }),
        )
        .sort(inOrder);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Of two that begin in the same moment, a span comes before those within it, else the one that ends first. */
function inOrder(one: RawSpan, other: RawSpan): number {
  if (one.startTimeUnixNano !== other.startTimeUnixNano)
    return one.startTimeUnixNano < other.startTimeUnixNano ? -1 : 1;
  const depth = (span: RawSpan): number => (span.parentSpanId === undefined ? 0 : span.kind);
  if (depth(one) !== depth(other)) return depth(one) - depth(other);
  return one.endTimeUnixNano < other.endTimeUnixNano ? -1 : 1;
}
