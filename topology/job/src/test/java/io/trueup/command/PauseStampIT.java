package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.schema.ControlMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Commands of machines whose clocks differ, sent to a real broker. */
class PauseStampIT {

    private static final long BEHIND_MS = 3_600_000;

    private final TestBroker broker = TestBroker.shared();

    @Test
    void shouldStampACommandOfAMachineWhoseClockIsBehindLaterThanThoseThatAreKnown() throws Exception {
        String dataset = TestBroker.unique("pauses");
        TrueupConfig config = TrueupConfig.of(Map.of(
                "bootstrap.servers",
                broker.bootstrapServers(),
                "dataset",
                dataset,
                "replicas",
                "eu,us",
                "hash.secret",
                "0123456789abcdef0123456789abcdef"));
        broker.createTopics(2, config.controlTopic());
        try (Commands commands = new Commands(config)) {
            commands.approve("us", Instant.now(), List.of(0)); // neither a root nor a pause
        }
        long before = System.currentTimeMillis();
        try (Commands slow = at(config, before - BEHIND_MS)) {
            slow.resume(Optional.of("us"));
        }
        try (Commands commands = at(config, before - BEHIND_MS + 1_000)) {
            commands.pause(Optional.of("us"));
        }
        try (Commands slow = at(config, before - BEHIND_MS)) {
            slow.resume(Optional.empty());
        }

        ControlCodec control = new ControlCodec(dataset, SingleObjectCodec.of(ControlMessage.class));
        List<Pause> sent = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : broker.readAll(config.controlTopic())) {
            if (record.partition() == 1) {
                sent.add((Pause) control.decode(record.topic(), record.value()).body());
            }
        }
        assertThat(sent).extracting(Pause::paused).containsExactly(false, true, false);
        assertThat(sent)
                .extracting(Pause::givenMs)
                .containsExactly(before - BEHIND_MS, before - BEHIND_MS + 1_000, before - BEHIND_MS + 1_001);
    }

    private static Commands at(TrueupConfig config, long nowMs) {
        return new Commands(config, Duration.ofSeconds(20), () -> nowMs);
    }
}
