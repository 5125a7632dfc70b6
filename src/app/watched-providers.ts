/** The providers of a run, with each call made inside of something that watches it. */
import type { Result } from '../domain/failure.ts';
import type { SpanAttributes } from '../ports/tracer.ts';
import type { StepContext } from '../steps/context.ts';

/** Makes the call and gives its result back unchanged; `learn`: what the answer adds to the span. */
export type WatchedCall = <T>(
  name: string,
  attributes: SpanAttributes,
  perform: () => Promise<Result<T>>,
  learn?: (value: T) => SpanAttributes,
) => Promise<Result<T>>;

export function watchedContext(context: StepContext, call: WatchedCall): StepContext {
  const { downloads } = context;
  return {
    ...context,
    ...watchedModels(context, call),
    ...watchedTasks(context, call),
    downloads: {
      fetchFile: (url, file, kind) =>
        call(
          `download ${kind}`,
          {},
          () => downloads.fetchFile(url, file, kind),
          ({ bytes }) => ({ 'reelmill.bytes': bytes }),
        ),
    },
  };
}

function watchedModels(
  { imageJudge, textModel }: StepContext,
  call: WatchedCall,
): Pick<StepContext, 'imageJudge' | 'textModel'> {
  const stage = (name: string): SpanAttributes => ({ ...factsOf(textModel), 'reelmill.stage': name });
  return {
    textModel: {
      ...textModel,
      write: (request) => call('openai text', stage(request.stage), () => textModel.write(request), tokens),
      fill: (request, schema) =>
        call('openai text', stage(request.stage), () => textModel.fill(request, schema), tokens),
    },
    imageJudge: {
      ...imageJudge,
      judge: (request) => call('openai judge', factsOf(imageJudge), () => imageJudge.judge(request), tokens),
    },
  };
}

function watchedTasks(
  { imageTasks, videoTasks }: StepContext,
  call: WatchedCall,
): Pick<StepContext, 'imageTasks' | 'videoTasks'> {
  const ordered = ({ taskId }: { readonly taskId: string }): SpanAttributes => taskOf(taskId);
  const found = ({ state }: { readonly state: string }): SpanAttributes => ({ 'reelmill.task_state': state });
  return {
    imageTasks: {
      ...imageTasks,
      submit: (request) =>
        call('piapi imagine', factsOf(imageTasks), () => imageTasks.submit(request), ordered),
      status: (taskId) =>
        call(
          'piapi status',
          { ...factsOf(imageTasks), ...taskOf(taskId) },
          () => imageTasks.status(taskId),
          found,
        ),
    },
    videoTasks: {
      ...videoTasks,
      start: (request) => call('runway video', factsOf(videoTasks), () => videoTasks.start(request), ordered),
      status: (taskId) =>
        call(
          'runway status',
          { ...factsOf(videoTasks), ...taskOf(taskId) },
          () => videoTasks.status(taskId),
          found,
        ),
    },
  };
}

function factsOf({ model, provider }: { readonly model: string; readonly provider: string }): SpanAttributes {
  return { 'reelmill.provider': provider, 'reelmill.model': model };
}

function taskOf(taskId: string): SpanAttributes {
  return { 'reelmill.task_id': taskId };
}

function tokens(answer: {
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}): SpanAttributes {
  const { inputTokens, outputTokens } = answer.usage;
  return { 'gen_ai.usage.input_tokens': inputTokens, 'gen_ai.usage.output_tokens': outputTokens };
}
