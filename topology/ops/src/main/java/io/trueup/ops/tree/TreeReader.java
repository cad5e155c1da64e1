package io.trueup.ops.tree;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.ops.key.ReadRange;
import io.trueup.ops.key.TailConsumer;
import io.trueup.ops.key.TailReader;
import io.trueup.ops.key.TailReader.Source;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.settings.Settings;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.schema.ControlMessage;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads what the replicas have exchanged about one partition from the control topics, of which only the latest records are read, and looks up
 * the keys of hashes among the latest records of the repairs and writes topics. Each request opens connections of its own and closes them. It
 * asks no reconciler. Waits for brokers. Thread-safe.
 */
public final class TreeReader {

    private final Supplier<TrueupConfig> config;

    /** @param config the configuration in force */
    public TreeReader(Supplier<TrueupConfig> config) {
        this.config = config;
    }

    /**
     * Reads.
     *
     * @param cutMs the cut of the round; empty for the latest one that has ended and in which the replicas have descended
     * @param withKeys whether the keys of hashes are looked up
     * @throws org.apache.kafka.common.KafkaException if the brokers do not answer
     * @throws io.trueup.avro.RegistryUnavailableException if a schema registry does not
     * @throws io.trueup.avro.SchemaRefusedException if a schema registry refuses
     */
    public TreeView read(int partition, OptionalLong cutMs, boolean withKeys) {
        TrueupConfig current = config.get();
        try (RecordCodecs codecs = ConfiguredCodecs.open(current.registry(), TailConsumer.BROKER_TIMEOUT);
                TailConsumer opened = TailConsumer.open(current, "tree")) {
            return read(current, partition, cutMs, withKeys, codecs, opened.consumer());
        }
    }

    static TreeView read(
            TrueupConfig config,
            int partition,
            OptionalLong cutMs,
            boolean withKeys,
            RecordCodecs codecs,
            Consumer<byte[], byte[]> consumer) {
        Settings settings = config.settings(config.replicas().get(0));
        KeyedHash hash = new KeyedHash(settings.secret());
        RoundMessages messages = new RoundMessages();
        Map<Hash128, byte[]> keys = new HashMap<>();
        List<Source<Message>> sources = new ArrayList<>(control(config, partition, cutMs, codecs));
        if (withKeys) {
            sources.addAll(keyed(config, partition, hash, keys));
        }
        TailReader.Result<Message> result =
                new TailReader<Message>(consumer, TailConsumer.TIME, System::nanoTime).read(sources);
        result.read().forEach(messages::take);
        int bits = settings.shape().segmentBits();
        OptionalLong cut = cutMs.isPresent() ? cutMs : messages.latestCut(endedMs(settings.times()));
        List<Message> round = cut.isPresent() ? messages.of(cut.getAsLong()) : List.of();
        Map<Integer, List<SegmentKey>> differing = RoundMessages.keys(
                round, bits, settings.rules().compareValues(), known -> Optional.ofNullable(keys.get(known)));
        List<ReadRange> ranges = result.ranges();
        return new TreeView(
                partition,
                round.isEmpty() ? OptionalLong.empty() : cut,
                round.stream()
                        .anyMatch(message ->
                                message.body() instanceof Message.Symbols || message.body() instanceof Message.Entries),
                RoundMessages.tree(round, bits, differing),
                differing,
                ranges);
    }

    /** The rounds of cuts up to this time have ended. */
    private static long endedMs(Settings.Times times) {
        return System.currentTimeMillis() - times.graceMs() - times.deadlineMs();
    }

    /** The messages of a round are sent before the next one but one begins: later ones are not read where its cut is given. */
    private static List<Source<Message>> control(
            TrueupConfig config, int partition, OptionalLong cutMs, RecordCodecs codecs) {
        Settings.Times times = config.settings(config.replicas().get(0)).times();
        OptionalLong untilMs = cutMs.isPresent()
                ? OptionalLong.of(cutMs.getAsLong() + 2 * (times.graceMs() + times.intervalMs()))
                : OptionalLong.empty();
        ControlCodec control = new ControlCodec(config.dataset(), codecs.of(ControlMessage.class));
        RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL);
        Set<String> names = new TreeSet<>(config.controlTopics());
        names.add(config.controlTopic());
        List<String> owners = config.owners(partition);
        return names.stream()
                .map(topic -> new Source<>(
                        topic,
                        count -> partition,
                        record -> {
                            Message message = message(record, control, mac);
                            return message != null
                                            && RoundMessages.isOfRound(message)
                                            && message.partition() == partition
                                            && owners.contains(message.replica())
                                    ? message
                                    : null;
                        },
                        untilMs))
                .toList();
    }

    private static Message message(ConsumerRecord<byte[], byte[]> record, ControlCodec control, RecordMac mac)
            throws MalformedRecordException {
        boolean isAuthentic = record.value() != null
                && mac.check(record.key(), record.value(), record.headers()) == RecordMac.Verdict.AUTHENTIC;
        return isAuthentic ? control.decode(record.topic(), record.value()) : null;
    }

    /** The topics that contain keys: what was repaired, and what was written. */
    private static List<Source<Message>> keyed(
            TrueupConfig config, int partition, KeyedHash hash, Map<Hash128, byte[]> into) {
        Set<String> topics = new TreeSet<>();
        for (String owner : config.owners(partition)) {
            ReplicaTopics replica = config.replica(owner);
            topics.add(replica.writesTopic());
            Optional.ofNullable(replica.repairsTopic()).ifPresent(topics::add);
        }
        return topics.stream()
                .map(topic -> new Source<Message>(topic, count -> partition, record -> {
                    if (record.key() != null) {
                        into.put(hash.key(record.key()), record.key());
                    }
                    return null;
                }))
                .toList();
    }
}
