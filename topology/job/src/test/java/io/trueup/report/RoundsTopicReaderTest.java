package io.trueup.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.RoundSummary.Outcome;
import io.trueup.reconcile.flood.FloodTotals.Others;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.RoundReport;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class RoundsTopicReaderTest {

    private static final String TOPIC = "shop.rounds";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final SingleObjectCodec<RoundReport> CODEC = SingleObjectCodec.of(RoundReport.class);

    private final Settings settings = TrueupConfig.of(Map.of(
                    "bootstrap.servers", "k:1",
                    "dataset", "shop",
                    "replicas", "eu,us",
                    "hash.secret", "0123456789abcdef",
                    "state.dir", "/tmp/none"))
            .settings("eu");
    private final long cutMs = System.currentTimeMillis()
                    / settings.times().intervalMs()
                    * settings.times().intervalMs()
            - settings.times().graceMs();
    private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none") {
        @Override
        public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(Map<TopicPartition, Long> times) {
            return Map.of(PARTITION, new OffsetAndTimestamp(0, cutMs));
        }
    };
    private final AtomicInteger opened = new AtomicInteger();
    private final RoundsTopicReader reader =
            new RoundsTopicReader(settings, 3, TOPIC, CODEC, this::open, System::currentTimeMillis);
    private long offset;

    /** The first attempt fails, as during an outage. */
    private Consumer<byte[], byte[]> open() {
        if (opened.incrementAndGet() == 1) {
            throw new KafkaException("no broker");
        }
        return consumer;
    }

    @Test
    void shouldAddUpReportsAfterAnOutageAndIgnoreWhatIsNone() {
        consumer.updatePartitions(TOPIC, List.of(new PartitionInfo(TOPIC, 0, Node.noNode(), new Node[0], new Node[0])));
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        consumer.schedulePollTask(() -> {
            add("nonsense".getBytes(UTF_8));
            add(null);
            add(encoded("other", 1));
            add(encoded("shop", 1));
            add(encoded("shop", 2));
        });

        reader.start();

        await().untilAsserted(() ->
                assertThat(reader.totals().others("us", 0, cutMs, cutMs)).isEqualTo(new Others(16, 18, 2, 2, true)));
        assertThat(opened).hasValue(2);
        reader.close();
        assertThat(consumer.closed()).isTrue();
    }

    private byte[] encoded(String dataset, int partition) {
        RoundSummary summary = RoundFixtures.quiet(Outcome.DIVERGENT);
        RoundReport report = RoundReports.report(dataset, "eu", partition, summary, 0);
        report.setCut(cutMs);
        return CODEC.encode(TOPIC, report);
    }

    private void add(byte[] value) {
        consumer.addRecord(new ConsumerRecord<>(TOPIC, 0, offset++, null, value));
    }
}
