import type { MediaSetting } from '../shared/media.ts'
import { endpointBy, type Rules } from './rules.ts'

/** What a video endpoint calls the settings of a call. */
export interface VideoEndpoint {
  shape: 'aspect_ratio' | 'video_size' | undefined
  /** The field for pictures; one whose name ends in `s` takes a list. */
  pictures: string | undefined
  lastFrame: string | undefined
  /** How a duration of 5 seconds is written; `frames` counts them, at so many a second unless the call says so. */
  duration: '5' | '5s' | 5 | { frames: number } | undefined
  framesPerSecond: string | undefined
  audio: string | undefined
  /** What it takes besides those. */
  takes: readonly MediaSetting[]
}

/**
 * What an endpoint is taken for of which the table says nothing. A duration is
 * written as text, because a number is refused by those that list their
 * durations as text, and text is read by those that take a number.
 */
const USUAL: VideoEndpoint = {
  shape: 'aspect_ratio',
  pictures: 'image_url',
  lastFrame: 'end_image_url',
  duration: '5',
  framesPerSecond: undefined,
  audio: 'generate_audio',
  takes: ['seed', 'negativePrompt', 'resolution'],
}

/**
 * In what families of endpoints differ from that. Source: the types of fal's JavaScript client 1.10.1, which
 * the tests hold the table against.
 */
const RULES: Rules<VideoEndpoint> = [
  [/\/text-to-video(\/|$)/, { pictures: undefined, lastFrame: undefined }],
  [/\/(reference-to-video|elements)(\/|$)/, { pictures: 'image_urls', lastFrame: undefined }],

  [/^fal-ai\/veo/, { duration: '5s', lastFrame: undefined }],
  [/^fal-ai\/veo[\d.]+(\/fast|\/lite)?$/, { pictures: undefined }],
  [/^fal-ai\/veo.*first-last-frame/, { pictures: 'first_frame_url', lastFrame: 'last_frame_url' }],
  [/^fal-ai\/veo2/, { audio: undefined, takes: ['seed', 'negativePrompt'] }],
  [/^fal-ai\/veo2\/image-to-video/, { shape: undefined, takes: [] }],
  [/^fal-ai\/veo3\.1\/reference/, { takes: ['resolution'] }],

  [/^fal-ai\/kling-video\//, { audio: undefined, takes: ['negativePrompt'] }],
  [/^fal-ai\/kling-video\/.*image-to-video/, { shape: undefined, lastFrame: 'tail_image_url' }],
  [/^fal-ai\/kling-video\/v1\.[56]\/pro\/image-to-video/, { shape: 'aspect_ratio' }],
  [/^fal-ai\/kling-video\/(v1\.6\/|v2\/|v2\.1\/|.*standard\/image-to-video)/, { lastFrame: undefined }],
  [/^fal-ai\/kling-video\/(v1\/standard|v(1\.6|2\.1)\/pro)\/image-to-video/, { lastFrame: 'tail_image_url' }],
  [/^fal-ai\/kling-video\/v1\.6\/.*elements/, { pictures: 'input_image_urls' }],
  [
    /^fal-ai\/kling-video\/(o1|o3|v2\.6|v3)\/.*image-to-video/,
    { pictures: 'start_image_url', lastFrame: 'end_image_url' },
  ],
  [/^fal-ai\/kling-video\/o3\/.*image-to-video/, { pictures: 'image_url' }],
  [/^fal-ai\/kling-video\/(v2\.6|v3|o3)\//, { audio: 'generate_audio' }],
  [/^fal-ai\/kling-video\/o[13]\//, { takes: [] }],
  [/^fal-ai\/kling-video\/.*ai-avatar/, { shape: undefined, lastFrame: undefined, duration: undefined, takes: [] }],

  [/^fal-ai\/minimax\/(hailuo|video)/, { shape: undefined, audio: undefined, takes: [] }],
  [/^fal-ai\/minimax\/hailuo-.*pro\/|^fal-ai\/minimax\/video/, { duration: undefined }],
  [/^fal-ai\/minimax\/(hailuo-2\.3|hailuo-02-fast|video)/, { lastFrame: undefined }],
  [/^fal-ai\/minimax\/video-01(-director|-subject-reference)?$/, { pictures: undefined }],
  [/^fal-ai\/minimax\/hailuo-02\/standard\/image-to-video/, { takes: ['resolution'] }],

  [/^fal-ai\/bytedance\/seedance\//, { audio: undefined, takes: ['seed', 'resolution'] }],
  [/^fal-ai\/bytedance\/seedance\/v1\.5\//, { audio: 'generate_audio' }],
  [/^fal-ai\/bytedance\/seedance\/v1\/pro\/fast\//, { lastFrame: undefined }],
  [/^fal-ai\/bytedance\/seedance\/.*reference/, { pictures: 'reference_image_urls' }],

  [/^fal-ai\/luma-dream-machine\//, { duration: '5s', audio: undefined, takes: ['resolution'] }],
  [/^fal-ai\/luma-dream-machine\/ray-2(-flash)?$/, { pictures: undefined, lastFrame: undefined }],
  [/^fal-ai\/pixverse\//, { lastFrame: undefined, audio: undefined }],
  [/^fal-ai\/pixverse\/v(5\.5|5\.6|6)\//, { audio: 'generate_audio_switch' }],
  [/^fal-ai\/pixverse\/.*image-to-video/, { shape: undefined }],
  [/^fal-ai\/pixverse\/.*transition/, { pictures: 'first_image_url', lastFrame: 'end_image_url' }],
  [/^fal-ai\/pixverse\/v6\//, { duration: 5 }],
  [/^fal-ai\/pixverse\/.*fast$/, { duration: undefined }],
  [/^fal-ai\/sora-2\//, { duration: 5, audio: undefined, lastFrame: undefined, takes: ['resolution'] }],
  [/^fal-ai\/sora-2\/.*remix/, { shape: undefined, pictures: undefined, duration: undefined, takes: [] }],
  // Their durations are whole numbers, although the types have them as text.
  [/^fal-ai\/ltx-2(\.3)?\//, { duration: 5, framesPerSecond: 'fps', takes: ['resolution'] }],
  [/^fal-ai\/ltx-2\//, { shape: undefined, lastFrame: undefined }],
  [/^fal-ai\/ltx-2(\.3)?\/audio-to-video/, { duration: undefined, framesPerSecond: undefined, audio: undefined }],
  [/^fal-ai\/ltx-2(\.3)?\/audio-to-video/, { lastFrame: undefined, takes: [] }],
  [/^fal-ai\/ltx-2-19b\//, { shape: 'video_size', duration: { frames: 25 }, framesPerSecond: 'fps' }],
  [/^fal-ai\/ltx-2-19b\//, { takes: ['seed', 'negativePrompt'] }],
  [/^fal-ai\/ltx-2-19b\/.*audio-to-video/, { audio: undefined }],
  [/^fal-ai\/ltx-2-19b\/distilled\//, { takes: ['seed', 'negativePrompt'] }],

  [
    /^half-moon-ai\/ai-face-swap\/faceswapvideo$/,
    { shape: undefined, pictures: 'source_face_url', lastFrame: undefined },
  ],
  [/^half-moon-ai\/ai-face-swap\/faceswapvideo$/, { duration: undefined, audio: undefined, takes: [] }],
  [/^(fal-ai\/)?wan(\/|-)/, { audio: undefined, lastFrame: undefined }],
  [/^fal-ai\/wan\/v2\.2.*speech/, { shape: undefined }],
  [/^fal-ai\/wan\/v2\.2/, { duration: { frames: 16 }, framesPerSecond: 'frames_per_second' }],
  [/^fal-ai\/wan\/v2\.2/, { takes: ['seed', 'negativePrompt', 'resolution'] }],
  [/^fal-ai\/wan\/v2\.2.*(turbo|distill|fast-wan)/, { duration: undefined, framesPerSecond: undefined }],
  [/^fal-ai\/wan\/v2\.2.*(turbo|distill|fast-wan)/, { takes: ['seed', 'resolution'] }],
  [/^fal-ai\/wan\/v2\.7\/reference/, { pictures: 'reference_image_urls' }],
  [/^wan\/v2\.6\/image-to-video|^fal-ai\/wan-25-preview\/image-to-video/, { shape: undefined }],
  [/^fal-ai\/wan\/v2\.7\/image-to-video/, { shape: undefined, lastFrame: 'end_image_url' }],
]

/** How a video endpoint is spoken to, by its id such as `fal-ai/veo3.1/image-to-video`. */
export const videoEndpoint = (id: string): VideoEndpoint => endpointBy(USUAL, RULES, id)
