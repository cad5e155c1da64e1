package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.control.ControlCodec;
import io.trueup.control.ControlKey;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ControlMessage;
import io.trueup.status.RoundTimes;
import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

/** When a command to pause or to resume must be stamped, for a machine whose clock may be behind. */
class KnownPausesTest {

    private static final long NOW_MS = 1_790_000_000_000L;
    private static final RecordMac MAC = new RecordMac(List.of(new byte[16]), RecordMac.Use.CONTROL);
    private static final RecordMac OTHER_MAC =
            new RecordMac(List.of("0123456789abcdef".getBytes(StandardCharsets.UTF_8)), RecordMac.Use.CONTROL);

    private final Settings settings =
            new Settings.Builder("shop", "eu", List.of("ap", "eu", "us"), new byte[16]).build();
    private final RoundTimes times = RoundTimes.of(settings.times());
    private final ControlCodec control = new ControlCodec("shop", SingleObjectCodec.of(ControlMessage.class));
    private final KnownPauses known = new KnownPauses(settings, control, MAC, NOW_MS);

    @Test
    void shouldBeNowIfNothingLaterIsKnown() {
        assertThat(known.stampMs("us")).isEqualTo(NOW_MS);

        takeRoot(NOW_MS, pause("us", NOW_MS - 1));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS);
        assertThat(known.stampMs(Pause.ALL)).isEqualTo(NOW_MS);
    }

    @Test
    void shouldBeLaterThanTheCommandsThatCoverTheReplicaAndNoOther() {
        takeRoot(NOW_MS + 3_600_000, pause("us", NOW_MS + 1_000), pause("ap", NOW_MS + 3_000_000));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS + 1_001);
        assertThat(known.stampMs("eu")).isEqualTo(NOW_MS);
        assertThat(known.stampMs(Pause.ALL)).isEqualTo(NOW_MS + 3_000_001);

        takeRoot(NOW_MS + 3_600_000, pause(Pause.ALL, NOW_MS + 2_000));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS + 2_001);
        assertThat(known.stampMs("ap")).isEqualTo(NOW_MS + 3_000_001);
    }

    /** A resume is noted as a pause is. */
    @Test
    void shouldBeLaterThanACommandToResume() {
        takeRoot(NOW_MS, new Pause("us", false, NOW_MS + 7, "id"));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS + 8);
    }

    @Test
    void shouldBeLaterThanACommandThatNoRootListsYet() {
        take(MAC, Message.command(settings, 0, NOW_MS, pause("us", NOW_MS + times.graceMs())));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS + times.graceMs() + 1);
    }

    /** Reconcilers refuse it; a command that is stamped after it would be refused, too. */
    @Test
    void shouldNotFollowACommandThatIsAheadOfTheReconcilersByMoreThanTheGrace() {
        take(MAC, Message.command(settings, 0, NOW_MS, pause("us", NOW_MS + times.graceMs() + 1)));
        assertThat(known.stampMs("us")).isEqualTo(NOW_MS);

        takeRoot(NOW_MS + 1 - times.graceMs() - times.intervalMs());

        assertThat(known.stampMs("us")).as("the clock of a peer").isEqualTo(NOW_MS + times.graceMs() + 2);
    }

    @Test
    void shouldIgnoreWhatReconcilersIgnore() {
        take(OTHER_MAC, Message.command(settings, 0, NOW_MS, pause("us", NOW_MS + 1)));
        Settings other = new Settings.Builder("shop", "eu", List.of("ap", "eu"), new byte[16]).build();
        take(MAC, Message.command(other, 0, NOW_MS, pause("us", NOW_MS + 1)));
        known.take(record(MAC, "no message".getBytes(StandardCharsets.UTF_8)));
        known.take(record(MAC, null));

        assertThat(known.stampMs("us")).isEqualTo(NOW_MS);
    }

    private static Pause pause(String target, long givenMs) {
        return new Pause(target, true, givenMs, "id");
    }

    private void takeRoot(long cutMs, Pause... pauses) {
        Root root = new Root(Hash128.ZERO, 1, Evidence.of(0, 0), false, false, List.of(pauses));
        take(MAC, new Message("us", 0, cutMs, 1, settings.fingerprint(0), root));
    }

    private void take(RecordMac mac, Message message) {
        known.take(record(mac, control.encode("shop.control", message)));
    }

    private static ConsumerRecord<byte[], byte[]> record(RecordMac mac, byte[] value) {
        byte[] key = new ControlKey("us", 0).encode();
        Headers headers = new RecordHeaders();
        if (value != null) {
            mac.sign(key, value, headers);
        }
        return new ConsumerRecord<>(
                "shop.control", 0, 0, 0, TimestampType.CREATE_TIME, 0, 0, key, value, headers, Optional.empty());
    }
}
