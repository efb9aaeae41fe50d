import type { Contest } from './contest.ts'
import { base64Painters } from './painters/base64.ts'
import { huggingfacePainter, stabilityPainter } from './painters/bytes.ts'
import { falPainter } from './painters/queue.ts'
import { pictureContest } from './pictures.ts'
import { anthropicSpeaker } from './speakers/anthropic.ts'
import { bedrockSpeaker } from './speakers/bedrock.ts'
import { googleSpeaker } from './speakers/google.ts'
import { openaiSpeaker } from './speakers/openai.ts'
import { sagemakerSpeaker } from './speakers/sagemaker.ts'
import { textContests } from './text.ts'

const SPEAKERS = [openaiSpeaker, anthropicSpeaker, googleSpeaker, bedrockSpeaker, sagemakerSpeaker]
const PAINTERS = [...base64Painters, stabilityPainter, huggingfacePainter, falPainter]

/** Everything that is measured of the adapters. */
export const CONTESTS: readonly Contest[] = [...SPEAKERS.flatMap(textContests), ...PAINTERS.map(pictureContest)]
