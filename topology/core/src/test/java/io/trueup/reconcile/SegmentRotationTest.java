package io.trueup.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.exchange.SegmentRotation;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentRotationTest {

    private static final int BOUND = 16;

    @ParameterizedTest
    @CsvSource({"1,4", "4,4", "5,4", "100,7", "256,16", "255,256", "256,1"})
    void shouldReachEverySegmentThatDiffersInAsFewRoundsAsTheBoundAllows(int different, int bound) {
        SegmentRotation rotation = new SegmentRotation(8);
        Random random = new Random(different);
        BitSet differing = new BitSet();
        while (differing.cardinality() < different) {
            differing.set(random.nextInt(256));
        }
        Set<Integer> reached = new HashSet<>();
        int rounds = (different + bound - 1) / bound;
        for (int round = 0; round < rounds; round++) {
            List<Integer> chosen = rotation.choose("us", differing, bound);
            assertThat(chosen).hasSizeLessThanOrEqualTo(bound);
            reached.addAll(chosen);
            BitSet served = new BitSet();
            chosen.forEach(served::set);
            rotation.compared("us", served, differing);
        }

        assertThat(reached).hasSize(different);
    }

    @Test
    void shouldContinueWhereItStoppedAfterARoundThatComparedNothing() {
        SegmentRotation rotation = new SegmentRotation(4);
        BitSet differing = new BitSet();
        differing.set(0, 16);
        BitSet firstFour = new BitSet();
        firstFour.set(0, 4);
        rotation.compared("us", firstFour, differing);

        rotation.compared("us", new BitSet(), differing);

        assertThat(rotation.choose("us", differing, 4)).containsExactly(4, 5, 6, 7);
    }

    @Test
    void shouldContinueWithEachPeerSeparately() {
        SegmentRotation rotation = new SegmentRotation(4);
        BitSet differing = new BitSet();
        differing.set(0, 16);
        BitSet firstFour = new BitSet();
        firstFour.set(0, 4);

        rotation.compared("us", firstFour, differing);

        assertThat(rotation.choose("us", differing, 4)).containsExactly(4, 5, 6, 7);
        assertThat(rotation.choose("eu", differing, 4)).containsExactly(0, 1, 2, 3);
        assertThat(rotation.inOrder("us", 2, List.of(0, 1, 2, 3))).containsExactly(1, 2, 3, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"eu,us", "ap,eu,jp,us"})
    void shouldReachEverySegmentWhileConflictsStandInAllOfThem(String names) {
        Cluster cluster = conflicts(names.split(","));

        cluster.rounds(256 / BOUND + 1);

        assertAllReached(cluster);
    }

    @Test
    void shouldReachEverySegmentEvenIfReplicasContinueAtDifferentSegments() {
        Cluster cluster = conflicts("eu", "us");
        cluster.rounds(5);
        cluster.restart("eu");

        cluster.rounds(256 / BOUND + 3);

        assertAllReached(cluster);
    }

    @Test
    void shouldReachEverySegmentEvenIfMessagesAreLost() {
        Cluster cluster = conflicts("ap", "eu", "jp", "us");
        Random random = new Random(7);
        cluster.lose = message -> random.nextInt(20) == 0;

        cluster.rounds(2 * 256 / BOUND);

        assertAllReached(cluster);
    }

    /** The segments hold some three keys each. */
    @Test
    void shouldCompareABoundedNumberOfEntriesInARoundAndReachEverySegmentAllTheSame() {
        int bound = 100;
        Settings settings = TestSettings.settings("eu", "us")
                .changed()
                .maxEntriesPerRound(bound)
                .build();
        Cluster cluster = new Cluster(1, settings);
        for (int i = 0; i < 800; i++) {
            cluster.write("eu", "conflict" + i, 1, cluster.nowMs - 50_000, "one");
            cluster.write("us", "conflict" + i, 1, cluster.nowMs - 50_000, "other");
        }
        for (int i = 0; i < 50; i++) {
            cluster.write("eu", "lost" + i, 1, cluster.nowMs - 50_000, "v");
        }

        cluster.rounds(1);
        assertThat(entriesSent(cluster, "eu")).isBetween((long) bound, bound + 20L);
        assertThat(entriesSent(cluster, "us")).isBetween(bound - 20L, bound + 20L);

        cluster.rounds(2 * 850 / bound);
        assertThat(cluster.repairs.stream().map(Repair::keyHash).distinct()).hasSize(50);
    }

    /** Eight partitions of two replicas in one process; the segments hold some three keys each. */
    @Test
    void shouldCompareABoundedNumberOfEntriesInTheRoundsOfAllPartitionsAndReachEverySegmentAllTheSame() {
        int bound = 400;
        Cluster cluster = new Cluster(
                8,
                TestSettings.bounded(TestSettings.settings("eu", "us"), 1_024, 64),
                new RoundMemory((long) bound * RoundMemory.BYTES_PER_ENTRY));
        for (int i = 0; i < 6_000; i++) {
            cluster.write("eu", "conflict" + i, 1, cluster.nowMs - 50_000, "one");
            cluster.write("us", "conflict" + i, 1, cluster.nowMs - 50_000, "other");
        }
        for (int i = 0; i < 50; i++) {
            cluster.write("eu", "lost" + i, 1, cluster.nowMs - 50_000, "v");
        }

        cluster.rounds(1);
        assertThat(entriesSent(cluster, "eu") + entriesSent(cluster, "us"))
                .as("what was chosen, and what answers a peer that has chosen otherwise")
                .isBetween((long) bound / 2, 3L * bound);

        cluster.rounds(2 * 2 * 6_000 / (bound / 2));
        assertThat(cluster.repairs.stream().map(Repair::keyHash).distinct()).hasSize(50);
    }

    /** An entry with a vector of twelve writers takes up six times as much as one without. */
    @Test
    void shouldBoundWhatVectorsTakeUpInTheRoundsOfAllPartitionsAndReachEverySegmentAllTheSame() {
        String vector =
                IntStream.range(0, 12).mapToObj(i -> "writer" + i + "=1").collect(Collectors.joining(","));
        int bound = 400;
        Cluster cluster = new Cluster(
                2,
                TestSettings.bounded(TestSettings.settings("eu", "us"), 1_024, 64),
                new RoundMemory((long) bound * RoundMemory.BYTES_PER_ENTRY));
        for (int i = 0; i < 1_500; i++) {
            cluster.write("eu", "conflict" + i, vector, cluster.nowMs - 50_000, "one");
            cluster.write("us", "conflict" + i, vector, cluster.nowMs - 50_000, "other");
        }
        for (int i = 0; i < 20; i++) {
            cluster.write("eu", "lost" + i, vector, cluster.nowMs - 50_000, "v");
        }

        cluster.rounds(1);
        long sent = entriesSent(cluster, "eu") + entriesSent(cluster, "us");
        assertThat(6 * sent)
                .as("what was chosen, and what answers a peer that has chosen otherwise")
                .isBetween((long) bound / 2, 3L * bound);

        cluster.rounds(2 * 256);
        assertThat(cluster.repairs.stream().map(Repair::keyHash).distinct()).hasSize(20);
    }

    private static long entriesSent(Cluster cluster, String replica) {
        return cluster.messages.stream()
                .filter(message -> message.replica().equals(replica))
                .map(Message::body)
                .filter(Message.Segment.class::isInstance)
                .mapToLong(body -> ((Message.Segment) body).entries().size())
                .sum();
    }

    /** In every segment half of the replicas hold another value than the others; the last replica lacks 200 keys. */
    private static Cluster conflicts(String... names) {
        Cluster cluster = new Cluster(1, TestSettings.bounded(TestSettings.settings(names), BOUND, 64));
        for (int i = 0; i < 600; i++) {
            for (int replica = 0; replica < names.length; replica++) {
                String side = replica < names.length / 2 ? "one" : "other";
                cluster.write(names[replica], "conflict" + i, 1, cluster.nowMs - 50_000, side);
            }
        }
        for (int i = 0; i < 200; i++) {
            cluster.writeTo(cluster.replicas.subList(0, names.length - 1), "lost" + i, 1, cluster.nowMs - 50_000, "v");
        }
        return cluster;
    }

    private static void assertAllReached(Cluster cluster) {
        assertThat(cluster.repairs.stream().map(Repair::keyHash).distinct()).hasSize(200);
        assertThat(cluster.unequal()).hasSize(600);
    }
}
