import type { Connection, ImageAdapter, VideoAdapter } from '../../core/adapter.ts'
import type { ImageCall, MediaOutcome, VideoCall } from '../../core/media.ts'
import { awsRequestId } from '../shared/aws/call.ts'
import { readMedia } from './answer.ts'
import { openResult, pollAsync, startAsync } from './async.ts'
import { containerRequest } from './body.ts'
import { invoke } from './invoke.ts'
import { protocolOf } from './presets.ts'

const IMAGE = 'vllm-omni-image'
const VIDEO = 'vllm-omni-video'

async function start(
  call: ImageCall | VideoCall,
  usual: typeof IMAGE | typeof VIDEO,
  connection: Connection,
): Promise<MediaOutcome> {
  const protocol = protocolOf(connection, usual)
  const request = containerRequest(call, protocol, connection.provider)
  if (protocol.mode === 'async') return startAsync(call.model, request, protocol, connection)
  const response = await invoke('invocations', call.model, request, protocol, connection)
  const media = await readMedia(response, protocol.response, connection)
  return {
    status: 'done',
    media,
    usage: usual === IMAGE ? { images: media.length } : {},
    warnings: request.warnings,
    upstreamRequestId: awsRequestId(response),
  }
}

const openAs = (usual: typeof IMAGE | typeof VIDEO) => ({
  links: false,
  poll: (operation: Parameters<NonNullable<VideoAdapter['poll']>>[0], connection: Connection) =>
    pollAsync(operation, protocolOf(connection, usual), usual === VIDEO, connection),
  open: openResult,
})

export const sagemakerImage: ImageAdapter = {
  ...openAs(IMAGE),
  start: (call, connection) => start(call, IMAGE, connection),
}

export const sagemakerVideo: VideoAdapter = {
  ...openAs(VIDEO),
  start: (call, connection) => start(call, VIDEO, connection),
}
