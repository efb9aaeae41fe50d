import type { ChatRequest, Validation, ValidationVerdict, Validator } from '@turnout/contract'
import { TurnoutError } from '../../core/error.ts'
import type { Route } from '../../core/route.ts'
import { notJudged, notPassed, withheld } from '../../core/validation/failure.ts'
import { repairJson } from '../../core/validation/repair.ts'
import { checkRules, type Finding, isJudged, type JudgedText, wantsJson } from '../../core/validation/rules.ts'
import type { TextServices } from '../text/request.ts'
import { askValidator, type Whose } from './ask.ts'
import { type About, addCosts, type Judgement, type Review } from './review.ts'

/** A model as validator, and where it is asked, or why it cannot be. */
export interface PlacedValidator {
  validator: Validator
  route: Route | TurnoutError
}

export interface ValidationPlan {
  validations: readonly Validation[]
  validators: readonly PlacedValidator[]
  /** The conversation that the answer goes on. */
  messages: ChatRequest['messages']
  /** JSON was asked for: what can be repaired of it is. */
  isJson: boolean
  whose: Whose
}

interface Opinion extends Judgement {
  findings: Finding[]
}

/** Holds the answers of one request against all that they must fulfil. */
export class AnswerValidation implements Review {
  readonly #services: TextServices
  readonly #plan: ValidationPlan
  readonly #wantsJson: boolean

  constructor(services: TextServices, plan: ValidationPlan) {
    this.#services = services
    this.#plan = plan
    this.#wantsJson = plan.isJson || plan.validations.some(wantsJson)
  }

  mend(text: string): { text: string; warnings: readonly string[] } {
    const repaired = this.#wantsJson && text.trim() !== '' ? repairJson(text) : undefined
    return repaired && repaired.repairs.length > 0
      ? { text: repaired.text, warnings: repaired.repairs }
      : { text, warnings: [] }
  }

  async judge(answer: JudgedText, about: About): Promise<Judgement> {
    const { provider, upstreamRequestId } = about
    if (!isJudged(answer)) {
      if (answer.refuses || answer.reason === 'content-filter') throw withheld(provider, upstreamRequestId)
      return { cost: 0n, warnings: [] }
    }
    const { findings, ...judgement } = await this.#opinion(answer, about)
    if (findings.length > 0) throw notPassed(findings, provider, upstreamRequestId)
    return judgement
  }

  /** What is said of an answer that has been shown already. Never rejects. */
  async verdict(answer: JudgedText, about: About): Promise<Judgement & { verdict: ValidationVerdict }> {
    if (!isJudged(answer)) {
      if (!answer.refuses && answer.reason !== 'content-filter') {
        return { cost: 0n, warnings: [], verdict: { passed: true, failures: [] } }
      }
      const failures = [{ rule: 'empty' as const, reason: 'was withheld or refused for its content' }]
      return { cost: 0n, warnings: [], verdict: { passed: false, failures } }
    }
    try {
      const { findings, ...judgement } = await this.#opinion(answer, about)
      return { ...judgement, verdict: { passed: findings.length === 0, failures: findings } }
    } catch (thrown) {
      const error = TurnoutError.from(thrown)
      const failures = [{ rule: 'validator' as const, reason: error.message }]
      return { cost: 0n, warnings: [], verdict: { passed: false, failures } }
    }
  }

  /** @throws TurnoutError where a validator that must judge could not */
  async #opinion(answer: JudgedText, about: About): Promise<Opinion> {
    const findings = checkRules(answer, this.#plan.validations)
    const opinion: Opinion = { findings, cost: 0n, warnings: [] }
    // What breaks a rule is not worth a model's time.
    for (const placed of findings.length > 0 ? [] : this.#plan.validators) {
      const one = await this.#ask(placed, answer, about)
      opinion.cost = addCosts(opinion.cost, one.cost)
      opinion.warnings = [...opinion.warnings, ...one.warnings]
      findings.push(...one.findings)
      if (findings.length > 0) break
    }
    return opinion
  }

  async #ask({ validator, route }: PlacedValidator, { text }: JudgedText, about: About): Promise<Opinion> {
    const { messages, whose } = this.#plan
    const { model, onError } = validator
    try {
      if (route instanceof TurnoutError) throw route
      const question = { messages, answer: text }
      const { verdict, cost } = await askValidator(this.#services, route, validator, question, whose, about.signal)
      const { hardFail, reasons } = verdict
      if (!hardFail) return { findings: [], cost, warnings: reasons.map((reason) => `${model} notes: ${reason}`) }
      const said = reasons.length > 0 ? reasons : ['no reason was given']
      return {
        findings: said.map((reason) => ({ rule: 'validator', reason: `was refused by ${model}: ${reason}` })),
        cost,
        warnings: [],
      }
    } catch (thrown) {
      const error = TurnoutError.from(thrown)
      if (error.code === 'canceled') throw error
      if (onError === 'fail') throw notJudged(error, about.provider, about.upstreamRequestId)
      return { findings: [], cost: 0n, warnings: [`${model} could not validate the answer: ${error.message}`] }
    }
  }
}
