package io.trueup.plan;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.KeyedHash;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a plan says of the audit that has made it.
 *
 * @param dataset the dataset
 * @param momentMs the moment audited, in milliseconds since the epoch; the earliest one where partitions have several
 * @param fingerprint of the secret and of the rules of the dataset
 * @param doubts why the audit could not tell whether the replicas are equal; empty if it could
 */
public record PlanHeader(String dataset, long momentMs, String fingerprint, List<String> doubts) {

    private static final int FINGERPRINT_DIGITS = 16;

    /** How far the clock of the machine that has made the audit may be ahead. */
    private static final Duration MAX_SKEW = Duration.ofMinutes(1);

    /** The fingerprint of the plans of a dataset. */
    static String fingerprint(Settings settings) {
        Settings.Rules rules = settings.rules();
        return new KeyedHash(settings.secret())
                .text("trueup plan 1\ndataset " + settings.dataset() + "\nresolution " + rules.resolution()
                        + "\nprimary " + rules.primary() + "\ncompare values " + rules.compareValues())
                .toString()
                .substring(0, FINGERPRINT_DIGITS);
    }

    /**
     * Checks that the plan is one of this dataset, and not too old.
     *
     * @throws UnusablePlanException if its repairs must not be sent
     */
    public void check(TrueupConfig config, long nowMs) {
        if (!dataset.equals(config.dataset())) {
            throw new UnusablePlanException(
                    "it is a plan of dataset " + dataset + ", and the configuration is of dataset " + config.dataset()
                            + "; name the configuration that the audit was made with");
        }
        if (!fingerprint.equals(fingerprint(config.settings(config.replicas().get(0))))) {
            throw new UnusablePlanException("the audit that has made it had another hash.secret, resolution, compare or"
                    + " value.canonical than the configuration; audit again with this configuration");
        }
        if (momentMs > nowMs + MAX_SKEW.toMillis()) {
            throw new UnusablePlanException("its moment, " + Instant.ofEpochMilli(momentMs)
                    + ", lies in the future; check the clocks, and audit again");
        }
        if (momentMs < nowMs - config.repairValidity().toMillis()) {
            throw new UnusablePlanException("its moment, " + Instant.ofEpochMilli(momentMs)
                    + ", is longer ago than repair.validity; audit again");
        }
    }
}
