package io.trueup.demo.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.cluster.JobOutput.ReplicaPartition;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.Evidence;
import io.trueup.schema.Hash;
import io.trueup.schema.Level;
import io.trueup.schema.Outcome;
import io.trueup.schema.Root;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobOutputTest {

    private final JobOutput output = new JobOutput(2);

    @Test
    void shouldCountCompleteAndEqualRounds() {
        output.add(report(1, 1_000, "eu", Outcome.EQUAL));
        output.add(report(1, 1_000, "us", Outcome.EQUAL));
        output.add(report(2, 2_000, "eu", Outcome.EQUAL));
        output.add(report(2, 2_000, "us", Outcome.DIVERGENT));
        output.add(report(3, 3_000, "us", Outcome.EQUAL));

        Snapshot seen = output.snapshot();

        assertThat(seen.rounds()).hasSize(3);
        assertThat(seen.equalRoundsSince(0)).isEqualTo(1);
        assertThat(seen.equalRoundsSince(1_001)).isZero();
        assertThat(seen.completeRoundsSince(0)).isEqualTo(2);
        assertThat(seen.completeRoundsSince(2_000)).isEqualTo(1);
        assertThat(seen.entries()).isEqualTo(Map.of("eu", 10L, "us", 10L));
    }

    @Test
    void shouldCountControlMessagesByTypeAndTheirBytes() {
        output.add(
                message(new Root(
                        new Hash(new byte[16]),
                        1L,
                        Evidence.newBuilder().setWatermark(1L).build(),
                        false,
                        false,
                        List.of())),
                40);
        output.add(
                message(new Root(
                        new Hash(new byte[16]),
                        1L,
                        Evidence.newBuilder().setWatermark(1L).build(),
                        false,
                        false,
                        List.of())),
                40);
        output.add(message(new Level(0, 4, List.of(0), ByteBuffer.allocate(0))), 300);

        Snapshot seen = output.snapshot();

        assertThat(seen.control().messages()).isEqualTo(Map.of("Root", 2L, "Level", 1L));
        assertThat(seen.control().bytes()).isEqualTo(380);
        assertThat(seen.control().messagesOtherThanRoots()).isEqualTo(1);
    }

    @Test
    void shouldCountARepeatedRepairOnce() {
        output.add(new EmittedRepair("id", "a", "eu", "us", "STALE", 1, 0, false, false, 0, 0, 0));
        output.add(new EmittedRepair("id", "a", "eu", "us", "STALE", 1, 0, false, false, 0, 0, 9));

        assertThat(output.snapshot().repairs()).hasSize(1);
        assertThat(output.snapshot().repeatedRepairs()).isEqualTo(1);
    }

    @Test
    void shouldTakeOwnersAsEqualOnceEachHasHeardAllOthersAndDropFormerOwners() {
        List<List<String>> owners = List.of(List.of("eu", "us"));
        output.add(report(1, 1_000, "eu", Outcome.EQUAL, "us"));
        output.add(report(1, 1_000, "ap", Outcome.EQUAL, "eu"));
        output.add(report(1, 1_000, "us", Outcome.EQUAL));
        assertThat(output.equalSince(1_000, owners))
                .as("us has heard no other replica")
                .isFalse();
        assertThat(output.comparedSince(1_000, List.of(new ReplicaPartition("us", 0))))
                .isFalse();

        output.add(report(2, 2_000, "us", Outcome.EQUAL, "eu"));
        output.dropFormerOwners(owners);

        assertThat(output.equalSince(1_000, owners)).isTrue();
        assertThat(output.equalSince(1_001, owners))
                .as("the last report of eu is older")
                .isFalse();
        assertThat(output.comparedSince(2_000, List.of(new ReplicaPartition("us", 0))))
                .isTrue();
        assertThat(output.snapshot().entries()).isEqualTo(Map.of("eu", 10L, "us", 10L));
    }

    private static ControlMessage message(Object body) {
        return new ControlMessage("places", "eu", 0, 0L, 0L, 0L, body);
    }

    private static RoundReport report(long round, long cutMs, String replica, Outcome outcome, String... heard) {
        return RoundReport.newBuilder()
                .setWaits(List.of())
                .setDataset("places")
                .setReplica(replica)
                .setPartition(0)
                .setRound(round)
                .setCut(cutMs)
                .setOutcome(outcome)
                .setHeard(List.of(heard))
                .setSilent(List.of())
                .setLagging(List.of())
                .setDisagreeing(List.of())
                .setRoot("")
                .setEntries(10)
                .setWatermark(0)
                .setSegments(0)
                .setKeys(0)
                .setDivergences(Map.of())
                .setRepairs(Map.of())
                .setWaiting(0)
                .setVerified(0)
                .setDeclined(0)
                .setFailed(0)
                .setClamped(0)
                .setMalformed(0)
                .setControlMessages(0)
                .setControlBytes(0)
                .setSealedAfterMs(0)
                .setDurationMs(0)
                .setSample(List.of())
                .build();
    }
}
