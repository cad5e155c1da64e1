package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.reconcile.settings.TestSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Whether replicas exchange sketches or descend their trees, they find the same. */
class ExchangesAgreeTest {

    private static final int KEYS = 60;

    /** What is drawn of a run: which writes each replica has, in which order. */
    private record Drawn(Settings settings, List<Written> writes, int symbols) {

        static Drawn from(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            List<String> replicas = List.of("ap", "eu", "us").subList(0, 2 + random.nextInt(2));
            Resolution resolution = List.of(Resolution.LATEST, Resolution.MAJORITY, Resolution.PRIMARY)
                    .get(random.nextInt(3));
            Settings settings = TestSettings.settings(
                            resolution,
                            resolution == Resolution.PRIMARY ? "eu" : null,
                            random.nextBoolean() && resolution != Resolution.LATEST,
                            replicas.toArray(String[]::new))
                    .changed()
                    .segmentBits(random.nextInt(9))
                    .maxEntriesPerMessage(1 + random.nextInt(40))
                    .build();
            List<Written> writes = new ArrayList<>();
            int differOneIn = 1 + random.nextInt(10);
            for (int key = 0; key < KEYS; key++) {
                for (String replica : replicas) {
                    writes.add(new Written(replica, "key" + key, 1, "v", 0));
                }
                if (random.nextInt(differOneIn) == 0) {
                    for (String replica : replicas) {
                        change(replica, "key" + key, random, writes);
                    }
                }
            }
            return new Drawn(settings, writes, List.of(3, 16, 128).get(random.nextInt(3)));
        }

        private static void change(String replica, String key, SplittableRandom random, List<Written> writes) {
            switch (random.nextInt(6)) {
                case 0 -> writes.removeIf(write -> write.key.equals(key) && write.replica.equals(replica));
                case 1 -> writes.add(new Written(replica, key, 2, null, 0));
                case 2 -> writes.add(new Written(replica, key, 2, "w", 0));
                case 3 -> writes.add(new Written(replica, key, 1 + random.nextInt(3), "corrupt in " + replica, 0));
                case 4 -> writes.add(new Written(replica, key, 2, "expires", 15_000 + random.nextInt(20_000)));
                default -> {}
            }
        }
    }

    private record Written(String replica, String key, long version, String value, int livesMs) {}

    private static Cluster run(Drawn drawn, int symbols) {
        Cluster cluster =
                new Cluster(1, drawn.settings().changed().symbols(symbols).build());
        cluster.applyRepairs = false;
        long before = cluster.nowMs - 5_000;
        for (Written write : drawn.writes()) {
            if (write.livesMs() == 0) {
                cluster.write(write.replica(), write.key(), write.version(), before, write.value());
            } else {
                cluster.expiring(
                        write.replica(),
                        write.key(),
                        write.version(),
                        before,
                        write.value(),
                        cluster.nowMs + write.livesMs());
            }
        }
        cluster.progress();
        cluster.rounds(5);
        return cluster;
    }

    private static TreeSet<String> repairs(Cluster cluster) {
        return cluster.repairs.stream()
                .map(repair ->
                        repair.cutMs() + " " + new String(repair.key(), UTF_8) + " at " + repair.target() + " by "
                                + repair.supplier() + ": " + repair.reason() + " " + repair.winner() + " "
                                + repair.condition().observed())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Not those that are withdrawn: a sketch shows sooner that a key is equal than the hash of its segment, in which others differ. */
    private static TreeSet<String> conflicts(Cluster cluster) {
        return cluster.conflicts.stream()
                .filter(conflict -> !conflict.sides().isEmpty())
                .map(conflict -> conflict.cutMs() + " " + new String(conflict.key(), UTF_8) + ": " + conflict.sides()
                        + " " + conflict.reporter())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Without what is missing: where a replica holds nothing in a segment, it does not count that if trees are descended. */
    private static List<String> reports(Cluster cluster) {
        return cluster.reports.stream()
                .map(report -> {
                    Map<Divergence, Long> found =
                            new TreeMap<>(report.comparison().divergences());
                    found.remove(Divergence.MISSING);
                    return report.round() + " " + report.outcome() + " " + found + " "
                            + report.repairs().guarded();
                })
                .toList();
    }

    @Test
    void shouldFindTheSameWithSketchesAndWithTreesAlone() {
        int repaired = 0;
        int listed = 0;
        int ofKeys = 0;
        int ofEverythingNow = 0;
        for (long seed = 1; seed <= 60; seed++) {
            Drawn drawn = Drawn.from(seed);
            Cluster trees = run(drawn, 0);
            Cluster sketches = run(drawn, drawn.symbols());

            assertThat(repairs(sketches)).as("repairs with seed %d", seed).isEqualTo(repairs(trees));
            assertThat(conflicts(sketches)).as("conflicts with seed %d", seed).isEqualTo(conflicts(trees));
            assertThat(reports(sketches)).as("reports with seed %d", seed).isEqualTo(reports(trees));
            repaired += trees.repairs.size();
            listed += trees.conflicts.size();
            ofKeys += count(sketches, Message.Entries.class);
            ofEverythingNow += (int) sketches.messages.stream()
                    .filter(message -> message.body() instanceof Message.Symbols symbols
                            && !symbols.segments().isEmpty())
                    .count();
            assertThat(count(trees, Message.Symbols.class)).isZero();
        }
        assertThat(repaired).isGreaterThan(200);
        assertThat(listed).isGreaterThan(20);
        assertThat(ofKeys).isGreaterThan(40);
        assertThat(ofEverythingNow).isGreaterThan(40);
    }

    private static int count(Cluster cluster, Class<? extends Message.Body> kind) {
        return (int) cluster.messages.stream()
                .filter(message -> kind.isInstance(message.body()))
                .count();
    }
}
