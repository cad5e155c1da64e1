package io.trueup.reconcile.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;

/** Settings that tests start from: rounds every 10 s, grace 1 s, patience 10 s, 256 segments; no flood below 1 000 keys. */
public final class TestSettings {

    public static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);

    private TestSettings() {}

    public static Settings settings(String... owners) {
        return settings(Settings.Resolution.LATEST, null, false, owners);
    }

    public static Settings settings(
            Settings.Resolution resolution, String primary, boolean compareValues, String... owners) {
        List<String> sorted = Arrays.stream(owners).sorted().toList();
        return new Settings.Builder("test", owners[0], sorted, SECRET)
                .segmentBits(8)
                .intervalMs(10_000)
                .graceMs(1_000)
                .compareValues(compareValues)
                .resolution(resolution)
                .primary(primary)
                .patienceMs(10_000)
                .settleMs(2_000)
                .deadlineMs(7_000)
                .repairTimeoutMs(21_000)
                .repairAttempts(3)
                .repairValidityMs(3_600_000)
                .floodMinKeys(1_000)
                .maxSegmentsPerRound(256)
                .maxEntriesPerMessage(1_000)
                .build();
    }

    public static Settings bounded(Settings settings, int maxSegmentsPerRound, int maxEntriesPerMessage) {
        return settings.changed()
                .maxSegmentsPerRound(maxSegmentsPerRound)
                .maxEntriesPerMessage(maxEntriesPerMessage)
                .build();
    }
}
