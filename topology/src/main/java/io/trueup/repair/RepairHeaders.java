package io.trueup.repair;

import io.trueup.source.TrueupHeaders;

/**
 * Headers of plain repair events, beside {@link TrueupHeaders#REPAIR_ID}, {@link TrueupHeaders#VERSION},
 * {@link TrueupHeaders#POSITION} and {@link TrueupHeaders#EXPIRY}.
 */
public final class RepairHeaders {

    /** How the target differs: a {@link io.trueup.reconcile.Divergence}. */
    public static final String REASON = "trueup.reason";

    /** The replica to repair. */
    public static final String TARGET = "trueup.target";

    /** The replica whose reconciler emitted the repair. */
    public static final String SUPPLIER = "trueup.supplier";

    /** Cut of the round that found the divergence. */
    public static final String ROUND = "trueup.round";

    /** How often the divergence has been repaired so far, this time included. */
    public static final String ATTEMPT = "trueup.attempt";

    /** When to apply: {@value #UNLESS_NEWER} or {@value #IF_OBSERVED}. */
    public static final String CONDITION = "trueup.condition";

    /** Unless the target holds a newer version, tombstones included. */
    public static final String UNLESS_NEWER = "UNLESS_NEWER";

    /** Only if the target still holds the observed entry. */
    public static final String IF_OBSERVED = "IF_OBSERVED";

    /** Version that the target held; absent if it held nothing. */
    public static final String OBSERVED_VERSION = "trueup.observed.version";

    /** {@code true} if the target held a tombstone; absent if it held nothing. */
    public static final String OBSERVED_DELETED = "trueup.observed.deleted";

    /** Time after which the event must not be applied. */
    public static final String VALID_UNTIL = "trueup.valid.until";

    private RepairHeaders() {}
}
