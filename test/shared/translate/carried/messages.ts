import { type Samples, pictureData, question } from './sample.ts';

const chatPart = (part: object) => ({
  messages: [...question.chat, { role: 'assistant', content: 'ok' }, { role: 'user', content: [part] }],
});
const chatAfter = (...messages: object[]) => ({ messages: [...question.chat, ...messages] });
const responsesPart = (part: object) =>
  responsesAfter({ role: 'assistant', content: 'ok' }, { role: 'user', content: [part] });
const responsesAfter = (...items: object[]) => ({ input: [...question.chat, ...items] });
const messagesPart = (part: object) => chatPart(part);
const messagesAnswer = (part: object) =>
  chatAfter({ role: 'assistant', content: [part] }, { role: 'user', content: 'on' });
const geminiPart = (part: object) =>
  geminiAfter({ role: 'model', parts: [{ text: 'ok' }] }, { role: 'user', parts: [part] });
const geminiAfter = (...contents: object[]) => ({ contents: [...question.gemini, ...contents] });
const geminiAnswer = (part: object) =>
  geminiAfter({ role: 'model', parts: [part] }, { role: 'user', parts: [{ text: 'on' }] });
const messagesResult = (content: unknown, more: object = {}) =>
  chatAfter(
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c', name: 'read', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c', content, ...more }] },
  );
const chatResult = (content: unknown) =>
  chatAfter(
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content },
  );
const responsesResult = (output: unknown) =>
  responsesAfter(
    { type: 'function_call', call_id: 'c', name: 'read', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output },
  );
const geminiResult = (result: object) =>
  geminiAfter(
    { role: 'model', parts: [{ functionCall: { name: 'read', args: {} } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'read', ...result } }] },
  );
const pictureUrl = `data:image/png;base64,${pictureData}`;
const address = 'https://a.example/a.png';
const pdfUrl = `data:application/pdf;base64,${pictureData}`;

/** What a conversation is made of. */
export const ofMessages: Samples = {
  'instructions at the beginning': {
    isText: true,
    chat: { messages: [{ role: 'system', content: 'Mark' }, ...question.chat] },
    Responses: { instructions: 'Mark' },
    Messages: { system: 'Mark' },
    Gemini: { systemInstruction: { parts: [{ text: 'Mark' }] } },
    Ollama: { messages: [{ role: 'system', content: 'Mark' }, ...question.chat] },
  },
  'later instructions': {
    isText: true,
    chat: chatAfter({ role: 'assistant', content: 'ok' }, { role: 'system', content: 'Mark' }),
    Responses: responsesAfter({ role: 'assistant', content: 'ok' }, { role: 'developer', content: 'Mark' }),
    Messages: chatAfter({ role: 'assistant', content: 'ok' }, { role: 'system', content: 'Mark' }),
    Ollama: chatAfter({ role: 'assistant', content: 'ok' }, { role: 'system', content: 'Mark' }),
  },
  'picture as data': {
    chat: chatPart({ type: 'image_url', image_url: { url: pictureUrl } }),
    Responses: responsesPart({ type: 'input_image', image_url: pictureUrl }),
    Messages: messagesPart({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pictureData } }),
    Gemini: geminiPart({ inlineData: { mimeType: 'image/png', data: pictureData } }),
    Ollama: chatAfter(
      { role: 'assistant', content: 'ok' },
      { role: 'user', content: '', images: [`iVBORw0KGgo${pictureData}`] },
    ),
  },
  'picture at an address': {
    chat: chatPart({ type: 'image_url', image_url: { url: 'https://a.example/Mark.png' } }),
    Responses: responsesPart({ type: 'input_image', image_url: 'https://a.example/Mark.png' }),
    Messages: messagesPart({ type: 'image', source: { type: 'url', url: 'https://a.example/Mark.png' } }),
    Gemini: geminiPart({ fileData: { mimeType: 'image/png', fileUri: 'https://a.example/Mark.png' } }),
  },
  'how closely to look at a picture': {
    without: {
      chat: chatPart({ type: 'image_url', image_url: { url: address } }),
      Responses: responsesPart({ type: 'input_image', image_url: address }),
    },
    chat: chatPart({ type: 'image_url', image_url: { url: address, detail: 'high' } }),
    Responses: responsesPart({ type: 'input_image', image_url: address, detail: 'high' }),
  },
  'PDF as data': {
    chat: chatPart({ type: 'file', file: { filename: 'a.pdf', file_data: pdfUrl } }),
    Responses: responsesPart({ type: 'input_file', filename: 'a.pdf', file_data: pdfUrl }),
    Messages: messagesPart({
      type: 'document',
      source: { type: 'base64', media_type: 'application/pdf', data: pictureData },
    }),
    Gemini: geminiPart({ inlineData: { mimeType: 'application/pdf', data: pictureData } }),
  },
  'other file as data': {
    chat: chatPart({ type: 'file', file: { filename: 'a.csv', file_data: `data:text/csv;base64,${pictureData}` } }),
    Responses: responsesPart({
      type: 'input_file',
      filename: 'a.csv',
      file_data: `data:text/csv;base64,${pictureData}`,
    }),
    Gemini: geminiPart({ inlineData: { mimeType: 'text/csv', data: pictureData } }),
  },
  'document at an address': {
    Responses: responsesPart({ type: 'input_file', file_url: 'https://a.example/Mark.pdf' }),
    Messages: messagesPart({ type: 'document', source: { type: 'url', url: 'https://a.example/Mark.pdf' } }),
    Gemini: geminiPart({ fileData: { mimeType: 'application/pdf', fileUri: 'https://a.example/Mark.pdf' } }),
  },
  'document as text or as blocks': {
    Messages: messagesPart({
      type: 'document',
      source: { type: 'content', content: [{ type: 'text', text: 'Mark' }] },
    }),
  },
  'what a document is about (context)': {
    Messages: messagesPart({
      type: 'document',
      context: 'Mark',
      source: { type: 'text', media_type: 'text/plain', data: 'on' },
    }),
  },
  'places of a document in the answer (citations)': {
    Messages: messagesPart({
      type: 'document',
      source: { type: 'text', media_type: 'text/plain', data: 'on' },
      citations: { enabled: true },
    }),
    without: {
      Messages: messagesPart({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'on' } }),
    },
  },
  'picture inside a document': {
    Messages: messagesPart({
      type: 'document',
      source: {
        type: 'content',
        content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: pictureData } }],
      },
    }),
  },
  'file or picture stored at a provider': {
    chat: chatPart({ type: 'file', file: { file_id: 'file-Mark' } }),
    Responses: responsesPart({ type: 'input_file', file_id: 'file-Mark' }),
    Messages: messagesPart({ type: 'document', source: { type: 'file', file_id: 'file_Mark' } }),
    Gemini: geminiPart({ fileData: { mimeType: 'application/pdf', fileUri: 'gs://bucket/Mark.pdf' } }),
  },
  'sound, video': {
    chat: chatPart({ type: 'input_audio', input_audio: { data: pictureData, format: 'wav' } }),
    Responses: responsesPart({ type: 'input_audio', input_audio: { data: pictureData, format: 'wav' } }),
    Gemini: geminiPart({ inlineData: { mimeType: 'video/mp4', data: pictureData } }),
  },
  'call of a tool and its result': {
    isText: true,
    chat: chatResult('Mark'),
    Responses: responsesResult('Mark'),
    Messages: messagesResult('Mark'),
    Gemini: geminiResult({ response: { output: 'Mark' } }),
    Ollama: chatAfter(
      { role: 'assistant', content: '', tool_calls: [{ function: { name: 'read', arguments: {} } }] },
      { role: 'tool', tool_name: 'read', content: 'Mark' },
    ),
  },
  'picture in a result': {
    chat: chatResult([{ type: 'image_url', image_url: { url: pictureUrl } }]),
    Responses: responsesResult([{ type: 'input_image', image_url: pictureUrl }]),
    Messages: messagesResult([
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pictureData } },
    ]),
    Gemini: geminiResult({
      response: { output: 'x' },
      parts: [{ inlineData: { mimeType: 'image/png', data: pictureData } }],
    }),
  },
  'that a result is an error': {
    isText: true,
    Messages: messagesResult('Mark', { is_error: true }),
    Gemini: geminiResult({ response: { error: 'Mark' } }),
  },
  'result without its call': {
    chat: chatAfter({ role: 'tool', tool_call_id: 'z', content: 'Mark' }),
    Responses: responsesAfter({ type: 'function_call_output', call_id: 'z', output: 'Mark' }),
    Messages: {
      messages: [
        ...question.chat,
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'z', content: 'Mark' }] },
      ],
      max_tokens: 50,
    },
    Gemini: geminiAfter({
      role: 'user',
      parts: [{ functionResponse: { name: 'read', response: { output: 'Mark' } } }],
    }),
    Ollama: chatAfter({ role: 'tool', tool_name: 'read', content: 'Mark' }),
  },
  'tool that was found (reference)': {
    Messages: messagesResult([{ type: 'tool_reference', tool_name: 'Mark' }]),
    Responses: responsesAfter({ type: 'tool_search_output', tools: [{ type: 'function', name: 'Mark' }] }),
  },
  'what hosted tools did': {
    Responses: responsesAfter({ type: 'web_search_call', id: 'w', action: { type: 'search', query: 'Mark' } }),
    Messages: messagesAnswer({ type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'Mark' } }),
    Gemini: geminiAnswer({ executableCode: { language: 'PYTHON', code: 'Mark' } }),
  },
  'picture that a hosted tool made': {
    Responses: responsesAfter({ type: 'image_generation_call', id: 'i', result: pictureData }),
  },
  'search result': {
    Messages: messagesPart({
      type: 'search_result',
      title: 'T',
      source: 's',
      content: [{ type: 'text', text: 'Mark' }],
    }),
  },
  'readable summary of what was before (compaction)': {
    Messages: messagesAnswer({ type: 'compaction', content: 'Mark' }),
  },
  'sealed summary of what was before (compaction)': {
    Responses: responsesAfter({ type: 'compaction', encrypted_content: 'Mark' }),
  },
  refusal: {
    chat: chatAfter({ role: 'assistant', content: null, refusal: 'Mark' }, { role: 'user', content: 'on' }),
    Responses: responsesAfter(
      { role: 'assistant', content: [{ type: 'refusal', refusal: 'Mark' }] },
      { role: 'user', content: 'on' },
    ),
  },
  'reasoning of another model': {
    chat: chatAfter({ role: 'assistant', content: 'ok', reasoning_content: 'Mark' }, { role: 'user', content: 'on' }),
    Responses: responsesAfter({ type: 'reasoning', id: 'r', summary: [], encrypted_content: 'Mark' }),
    Messages: messagesAnswer({ type: 'thinking', thinking: 'Mark', signature: 's' }),
    Gemini: geminiAnswer({ thought: true, text: 'Mark' }),
    Ollama: chatAfter({ role: 'assistant', content: 'ok', thinking: 'Mark' }, { role: 'user', content: 'on' }),
  },
  'list of the tools of an MCP server': {
    Responses: responsesAfter({ type: 'mcp_list_tools', id: 'l', server_label: 'Mark', tools: [] }),
  },
  'file for a container': { Messages: messagesPart({ type: 'container_upload', file_id: 'Mark' }) },
  'block or item of an unknown type': {
    Responses: responsesAfter({ type: 'item_of_tomorrow', payload: 'Mark' }),
    Messages: messagesAnswer({ type: 'block_of_tomorrow', payload: 'Mark' }),
    Gemini: geminiAnswer({ partOfTomorrow: { payload: 'Mark' } }),
  },
  'item of an earlier answer (`item_reference`)': { Responses: responsesAfter({ type: 'item_reference', id: 'Mark' }) },
  'author’s name': { chat: chatAfter({ role: 'user', name: 'Mark', content: 'on' }) },
  'cache marker': {
    without: {
      chat: chatPart({ type: 'text', text: 'on' }),
      Messages: messagesPart({ type: 'text', text: 'on' }),
    },
    chat: chatPart({ type: 'text', text: 'on', cache_control: { type: 'ephemeral' } }),
    Messages: messagesPart({ type: 'text', text: 'on', cache_control: { type: 'ephemeral' } }),
  },
};
