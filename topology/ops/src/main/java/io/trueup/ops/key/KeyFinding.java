package io.trueup.ops.key;

import io.trueup.schema.DivergentKey;
import io.trueup.schema.RoundReport;

/**
 * What a round has found about the key.
 *
 * @param report the report of the round
 * @param key what it says about the key
 */
public record KeyFinding(RoundReport report, DivergentKey key) {}
