package io.trueup.plan;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import io.trueup.reconcile.Repair;
import io.trueup.repair.EncodedRepair;
import io.trueup.repair.RepairFormat;
import io.trueup.repair.ValueReference;
import io.trueup.schema.RepairEvent;
import io.trueup.stream.record.MessageLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Encodes repairs in the format of their targets, and sends them. Used by one thread. */
final class RepairSender implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final Duration CLOSE = Duration.ofSeconds(5);

    private final TrueupConfig config;
    private final RecordCodecs codecs;
    private final Producer<byte[], byte[]> producer;
    private final MessageLimits limits;
    private final Map<String, RepairFormat> formats = new HashMap<>();
    private final Map<String, Integer> maxMessageBytes = new HashMap<>();
    private final List<Sent> underWay = new ArrayList<>();

    private record Sent(String topic, Future<?> acknowledged, Runnable refused) {}

    RepairSender(TrueupConfig config, RecordCodecs codecs) {
        this.config = config;
        this.codecs = codecs;
        limits = new MessageLimits(config.maxRequestBytes());
        Map<String, Object> properties = new HashMap<>(config.producerProperties());
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-repair");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, TIMEOUT.toMillis());
        producer = new KafkaProducer<>(properties);
    }

    /**
     * Prepares sending to a target.
     *
     * @param reader asks for the limit of its repairs topic
     * @return how many partitions its repairs topic has
     * @throws SendFailedException if the topic is missing, or may not be written, or the brokers do not answer
     */
    int prepare(String target, EventReader reader) {
        ReplicaTopics replica = config.replica(target);
        String topic = replica.repairsTopic();
        int partitions;
        try {
            partitions = producer.partitionsFor(topic).size();
        } catch (KafkaException e) {
            throw failed(topic, e);
        }
        RecordCodecs writing = codecs.writing(replica.repairsEncoding());
        if (replica.repairsFormat() == ReplicaTopics.Format.TRUEUP) {
            writing.of(RepairEvent.class).prepare(topic);
        }
        formats.put(target, RepairFormat.of(replica.repairsFormat().label(), config.dataset(), target, topic, writing));
        Optional.ofNullable(reader.settings(topic).get(TopicConfig.MAX_MESSAGE_BYTES_CONFIG))
                .ifPresent(bytes -> maxMessageBytes.put(topic, Integer.parseInt(bytes)));
        limits.topics(maxMessageBytes);
        return partitions;
    }

    /**
     * A repair as a record, or why there is none.
     *
     * @param record the record; null: it cannot be sent
     * @param refusal why it cannot be sent
     */
    record Encoded(ProducerRecord<byte[], byte[]> record, String refusal) {}

    /**
     * Encodes a repair: with its value if that fits, and otherwise with a reference to it.
     *
     * @param value the value; null: the repair is a delete, or the value must be fetched
     */
    Encoded encode(Repair repair, int partition, byte[] value) {
        String topic = config.replica(repair.target()).repairsTopic();
        RepairFormat format = formats.get(repair.target());
        if (value != null) {
            Optional<EncodedRepair> whole = format.encode(repair, partition, value, null);
            if (whole.isPresent() && fits(topic, whole.get())) {
                return new Encoded(record(topic, partition, whole.get()), null);
            }
        }
        ValueReference reference = new ValueReference(
                repair.supplier(),
                config.replica(repair.supplier()).writesTopic(),
                repair.winner().sourceOffset());
        Optional<EncodedRepair> referring = format.encode(repair, partition, null, reference);
        if (referring.isEmpty()) {
            return new Encoded(
                    null,
                    "its value is larger than repair.value.max.bytes or than the repairs topic allows, or the write event has"
                            + " only its digest, and the plain format of " + topic + " cannot say where to fetch it");
        }
        return fits(topic, referring.get())
                ? new Encoded(record(topic, partition, referring.get()), null)
                : new Encoded(
                        null,
                        "it is larger than max.message.bytes of " + topic
                                + " or max.request.size of the producer allow");
    }

    private boolean fits(String topic, EncodedRepair repair) {
        return MessageLimits.bytes(repair.key(), repair.value(), repair.headers()) <= limits.maxBytes(topic);
    }

    private static ProducerRecord<byte[], byte[]> record(String topic, int partition, EncodedRepair repair) {
        return new ProducerRecord<>(topic, partition, repair.key(), repair.value(), repair.headers());
    }

    /**
     * Sends a record; {@link #flush} tells whether it has arrived.
     *
     * @param refused is run by {@link #flush} if the brokers have not acknowledged it
     * @throws SendFailedException if it cannot be sent
     */
    void send(ProducerRecord<byte[], byte[]> record, Runnable refused) {
        try {
            underWay.add(new Sent(record.topic(), producer.send(record), refused));
        } catch (KafkaException e) {
            throw failed(record.topic(), e);
        }
    }

    /**
     * Waits until all records that were sent have arrived.
     *
     * @throws SendFailedException if one has not
     */
    void flush() {
        List<Sent> sent = List.copyOf(underWay);
        underWay.clear();
        producer.flush();
        SendFailedException first = null;
        for (Sent each : sent) {
            try {
                each.acknowledged().get();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptException(e);
            } catch (ExecutionException e) {
                each.refused().run();
                first = first == null ? failed(each.topic(), e.getCause()) : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    private SendFailedException failed(String topic, Throwable cause) {
        if (cause instanceof UnknownTopicOrPartitionException
                || cause.getCause() instanceof UnknownTopicOrPartitionException) {
            return new SendFailedException(
                    "topic " + topic + " does not exist on " + config.bootstrapServers()
                            + ": create it with `trueup topics --create`, or correct its name in the configuration",
                    cause);
        }
        if (cause instanceof AuthorizationException || cause instanceof AuthenticationException) {
            return new SendFailedException(
                    Failures.explain(
                            cause,
                            denied -> MissingAcl.topic(topic, "", Set.of(AclOperation.WRITE))
                                    .message(config.bootstrapServers())),
                    cause);
        }
        return new SendFailedException(
                "no answer about topic " + topic + " from the brokers at " + config.bootstrapServers() + ": "
                        + Failures.reason(cause) + ". Check bootstrap.servers, and that the brokers run",
                cause);
    }

    @Override
    public void close() {
        producer.close(CLOSE);
    }
}
