/** C2, C3, D13: the texts of a post, written by an OpenAI model or by any server that speaks its chat completions. */
import type { TextModel, TextRequest } from '../../ports/text-model.ts';
import { chatObject, chatText, PROVIDER, type ChatRequest, type OpenaiOptions } from './chat.ts';

/** A `TextModel`; one call is one request. Settings that a model does not take (temperature of a reasoning model) are left out by the SDK. */
export function createTextModel(options: OpenaiOptions): TextModel {
  return {
    provider: PROVIDER,
    model: options.model,
    write: (request) => chatText(options, chatRequest(request)),
    fill: (request, schema) => chatObject(options, chatRequest(request), schema),
  };
}

function chatRequest(request: TextRequest): ChatRequest {
  return {
    purpose: `Writing the ${request.stage}`,
    content: [{ type: 'text', text: request.prompt }],
    maxOutputTokens: request.maxOutputTokens,
    temperature: request.temperature,
  };
}
