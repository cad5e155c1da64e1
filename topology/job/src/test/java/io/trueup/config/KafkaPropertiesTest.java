package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;

class KafkaPropertiesTest {

    @Test
    void shouldReadCommittedRecordsWithEveryConsumerOfStreams() {
        StreamsConfig streams = new StreamsConfig(Example.config().streamsProperties("eu"));

        assertThat(streams.getMainConsumerConfigs("group", "client", 0))
                .containsEntry("isolation.level", "read_committed")
                .containsEntry("auto.offset.reset", "earliest");
        assertThat(streams.getRestoreConsumerConfigs("client")).containsEntry("isolation.level", "read_committed");
    }

    @Test
    void shouldNameTheApplicationAfterDatasetAndReplica() {
        Map<String, Object> properties = Example.config().streamsProperties("eu");

        assertThat(properties)
                .containsEntry("application.id", "trueup-shop-eu")
                .containsEntry("client.id", "trueup-shop-eu")
                .containsEntry("bootstrap.servers", "kafka-1:9092,kafka-2:9092")
                .containsEntry("state.dir", "trueup-state")
                .containsEntry("errors.dead.letter.queue.topic.name", "shop.dead-letters")
                .containsEntry("processing.guarantee", "exactly_once_v2")
                .containsEntry("commit.interval.ms", 1_000)
                .containsEntry("producer.linger.ms", 5);
        assertThat(new StreamsConfig(properties).getMainConsumerConfigs("g", "c", 0))
                .as("a full read of a large state does not end the membership")
                .containsEntry("max.poll.interval.ms", 1_800_000);
    }

    @Test
    void shouldCommitLessOftenWithAtLeastOnce() {
        Map<String, Object> properties = Example.with("streams.processing.guarantee", "at_least_once")
                .load()
                .streamsProperties("eu");

        assertThat(properties)
                .containsEntry("processing.guarantee", "at_least_once")
                .containsEntry("commit.interval.ms", 10_000)
                .doesNotContainKey("producer.transaction.timeout.ms");
    }

    /** A process that is killed holds back all that read committed records for that long. */
    @Test
    void shouldEndATransactionWithinHalfARound() {
        assertThat(transactionTimeoutMs("20s")).isEqualTo(10_000);
        assertThat(transactionTimeoutMs("10m")).isEqualTo(30_000);
        assertThat(transactionTimeoutMs("2s"))
                .as("long enough for a busy thread")
                .isEqualTo(5_000);
    }

    private static Object transactionTimeoutMs(String roundInterval) {
        return streams(roundInterval).get("producer.transaction.timeout.ms");
    }

    private static Map<String, Object> streams(String roundInterval) {
        return new Example()
                .changed("round.interval=" + roundInterval + "; grace=1s; lag.patience=30m; repair.timeout=30m")
                .load()
                .streamsProperties("eu");
    }

    @Test
    void shouldLookAtIdleTasksLessOftenWhereRoundsAreLong() {
        assertThat(streams("2s")).containsEntry("poll.ms", 50L);
        assertThat(streams("24s")).containsEntry("poll.ms", 100L);
        assertThat(streams("10m")).containsEntry("poll.ms", 250L);
        assertThat(new StreamsConfig(streams("10m")).getLong(StreamsConfig.POLL_MS_CONFIG))
                .isEqualTo(250);
    }

    @Test
    void shouldLetSettingsOfTheUserReplaceDefaults() {
        TrueupConfig config = new Example()
                .changed("streams.commit.interval.ms=500; streams.poll.ms=7; kafka.linger.ms=40;"
                        + "consumer.max.poll.records=9; streams.main.consumer.max.poll.records=10;"
                        + "streams.topic.min.insync.replicas=2; topics.replication.factor=3")
                .load();
        Map<String, Object> properties = config.streamsProperties("eu");
        StreamsConfig streams = new StreamsConfig(properties);

        assertThat(properties)
                .containsEntry("commit.interval.ms", "500")
                .containsEntry("poll.ms", "7")
                .containsEntry("topic.min.insync.replicas", "2")
                .containsEntry("replication.factor", 3);
        assertThat(streams.getProducerConfigs("client")).containsEntry("linger.ms", "40");
        assertThat(streams.getMainConsumerConfigs("g", "c", 0)).containsEntry("max.poll.records", "10");
        assertThat(streams.getRestoreConsumerConfigs("c")).containsEntry("max.poll.records", "9");
        assertThat(config.producerProperties()).containsEntry("linger.ms", "40");
        assertThat(config.consumerProperties()).containsEntry("max.poll.records", "9");
        assertThat(config.warnings()).isEmpty();
    }

    @Test
    void shouldPreferTheNearerPrefix() {
        TrueupConfig config = new Example()
                .changed("kafka.linger.ms=1; streams.linger.ms=2; streams.producer.linger.ms=3; producer.linger.ms=4;"
                        + "streams.producer.retries=5; streams.retries=6")
                .load();
        StreamsConfig streams = new StreamsConfig(config.streamsProperties("eu"));

        assertThat(streams.getProducerConfigs("c"))
                .containsEntry("linger.ms", "4")
                .containsEntry("retries", "5");
        assertThat(config.producerProperties()).containsEntry("linger.ms", "4");
    }

    @Test
    void shouldPassKnownSettingsToTheirClientsAndUnknownSettingsToAll() {
        TrueupConfig config = new Example()
                .changed("kafka.security.protocol=PLAINTEXT; kafka.max.poll.records=7; kafka.my.plugin.colour=red")
                .load();

        assertThat(config.adminProperties())
                .containsEntry("security.protocol", "PLAINTEXT")
                .containsEntry("my.plugin.colour", "red")
                .doesNotContainKey("max.poll.records");
        assertThat(config.producerProperties()).doesNotContainKey("max.poll.records");
        assertThat(config.consumerProperties()).containsEntry("max.poll.records", "7");
        assertThat(config.streamsProperties("eu")).containsEntry("my.plugin.colour", "red");
        assertThat(config.warnings()).singleElement().asString().contains("kafka.my.plugin.colour");
    }

    @Test
    void shouldWarnAboutNamesThatKafkaDoesNotKnowAndGuess() {
        assertThat(Example.with("producer.lingr.ms", "1").load().warnings())
                .singleElement()
                .asString()
                .contains("producer.lingr.ms is unknown to Kafka", "did you mean producer.linger.ms?");
        assertThat(Example.with("producer.max.poll.records", "1").load().warnings())
                .singleElement()
                .asString()
                .contains("did you mean consumer.max.poll.records?");
        assertThat(Example.with("streams.client.tag.zone", "a").load().warnings())
                .isEmpty();
    }

    @Test
    void shouldPassBooleansAsKafkaCastsThem() {
        TrueupConfig config = Example.with("kafka.enable.metrics.push", "false")
                .and("producer.enable.metrics.push", "false")
                .load();

        assertThat(config.streamsProperties("eu")).containsEntry("producer.enable.metrics.push", false);
        assertThat(new StreamsConfig(config.streamsProperties("eu"))).isNotNull();
    }

    @Test
    void shouldMakeRealClientsOfItsProperties() {
        TrueupConfig config = new Example()
                .changed("bootstrap.servers=localhost:1; consumer.group.instance.id=one;"
                        + "kafka.reconnect.backoff.ms=1000; kafka.reconnect.backoff.max.ms=1000")
                .load();

        assertThat(config.consumerProperties()).doesNotContainKeys("group.instance.id", "group.id");
        assertThat(config.streamsProperties("eu")).containsEntry("consumer.group.instance.id", "one");
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(config.consumerProperties());
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config.producerProperties());
                Admin admin = Admin.create(config.adminProperties())) {
            assertThat(consumer.assignment()).isEmpty();
            assertThat(producer.metrics()).isNotEmpty();
            assertThat(admin.metrics()).isNotEmpty();
        }
    }

    @Test
    void shouldGiveMapsThatCallersMayChange() {
        TrueupConfig config = Example.config();

        config.streamsProperties("eu").clear();
        config.producerProperties().put("client.id", "x");

        assertThat(config.streamsProperties("eu")).isNotEmpty();
        assertThat(config.producerProperties()).doesNotContainKey("client.id");
    }

    @Test
    void shouldPassPasswordsWrapped() {
        TrueupConfig config =
                Example.with("kafka.ssl.keystore.password", "open sesame").load();

        assertThat(config.producerProperties().get("ssl.keystore.password"))
                .isInstanceOfSatisfying(
                        Password.class, password -> assertThat(password.value()).isEqualTo("open sesame"));
    }
}
