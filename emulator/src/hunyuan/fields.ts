import type { Shape, Shapes } from '../shape.ts'

const TEXT: Shape = { is: 'string' }
const SWITCH: Shape = { is: 'integer', min: 0, max: 1 }
const SEED: Shape = { is: 'integer', min: 0, max: 4_294_967_295 }
const prompt = (max: number): Shape => ({ is: 'string', required: true, min: 1, max })
const RESOLUTIONS = ['768:768', '768:1024', '1024:768', '1024:1024', '720:1280', '1280:720', '768:1280', '1280:768']
const LOGO: Shapes = { LogoAdd: SWITCH, LogoParam: { is: 'object' } }
const JOB: Shapes = { JobId: { is: 'string', required: true, min: 1 } }

/** An action of the signed API. Source: service models of hunyuan 2023-09-01 and aiart 2022-12-29. */
export interface Action {
  service: 'hunyuan' | 'aiart'
  version: string
  does: 'submit' | 'query' | 'draw'
  /** What the bill and the faults call it. */
  model: string
  fields: Shapes
}

const HUNYUAN = { service: 'hunyuan', version: '2023-09-01', model: 'hunyuan-image' } as const
const AIART = { service: 'aiart', version: '2022-12-29', model: 'hy-image-v3.0' } as const

const LITE: Shapes = {
  Prompt: prompt(256),
  NegativePrompt: { is: 'string', max: 256 },
  Style: TEXT,
  Resolution: { is: 'string', values: [...RESOLUTIONS, '1080:1920', '1920:1080'] },
  RspImgType: { is: 'string', values: ['base64', 'url'] },
  Seed: SEED,
  ...LOGO,
}

export const ACTIONS: Readonly<Record<string, Action>> = {
  SubmitHunyuanImageJob: {
    ...HUNYUAN,
    does: 'submit',
    fields: {
      Prompt: prompt(1024),
      NegativePrompt: { is: 'string', max: 1024 },
      Style: TEXT,
      Resolution: { is: 'string', values: RESOLUTIONS },
      Num: { is: 'integer', min: 1, max: 4 },
      Clarity: { is: 'string', values: ['x2', 'x4'] },
      ContentImage: { is: 'object', fields: { ImageUrl: TEXT, ImageBase64: TEXT } },
      Revise: SWITCH,
      Seed: SEED,
      ...LOGO,
    },
  },
  QueryHunyuanImageJob: { ...HUNYUAN, does: 'query', fields: JOB },
  TextToImageLite: { ...HUNYUAN, does: 'draw', model: 'hunyuan-image-lite', fields: LITE },
  SubmitTextToImageJob: {
    ...AIART,
    does: 'submit',
    fields: {
      Prompt: prompt(1024),
      Images: { is: 'list', max: 3, items: TEXT },
      Resolution: { is: 'string', pattern: /^\d{3,4}:\d{3,4}$/ },
      Revise: SWITCH,
      Seed: SEED,
      ...LOGO,
    },
  },
  QueryTextToImageJob: { ...AIART, does: 'query', fields: JOB },
}

/** `POST /v1/api/image/lite` of TokenHub. */
export const TOKENHUB_LITE: Shapes = {
  model: { is: 'string', required: true, values: ['hy-image-lite'] },
  prompt: prompt(1024),
  negative_prompt: TEXT,
  resolution: { is: 'string', pattern: /^\d{3,4}:\d{3,4}$/ },
  seed: SEED,
  logo_add: SWITCH,
  rsp_img_type: { is: 'string', values: ['base64', 'url'] },
}

/** `POST /v1/aiart/submit`: HY-Image 3.0. */
export const AIART_SUBMIT: Shapes = {
  model: { is: 'string', required: true, values: ['HY-Image-V3.0'] },
  prompt: prompt(8192),
  size: { is: 'string', pattern: /^\d{3,4}:\d{3,4}$/ },
  images: { is: 'list', max: 3, items: TEXT },
  extra_body: {
    is: 'object',
    fields: { seed: SEED, revise: SWITCH, logo_add: SWITCH, logo_param: { is: 'object' } },
  },
}

export const AIART_QUERY: Shapes = { job_id: { is: 'string', required: true, min: 1 } }
