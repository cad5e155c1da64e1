package io.trueup.bench.latency;

import io.trueup.bench.Answers;
import io.trueup.bench.Guarantee;
import io.trueup.config.TrueupConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.TopicPartition;

/** The dataset of one guarantee: its topics, and the configuration of its job. */
record Dataset(String name, int partitions) {

    static final List<String> REPLICAS = List.of("eu", "us");

    String writes(String replica) {
        return name + ".writes." + replica;
    }

    String repairs(String replica) {
        return name + ".repairs." + replica;
    }

    String rounds() {
        return name + ".rounds";
    }

    List<TopicPartition> partitionsOf(String topic) {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
    }

    /**
     * Creates the topics that the benchmark reads times from; the job creates the others. Repairs and reports have the broker's
     * time, write events that of their producer: the job refuses plain write events whose version would be the broker's time.
     */
    void createTopics(Admin admin) {
        Map<String, String> kept = Map.of("retention.ms", "-1");
        Map<String, String> stamped = Map.of("retention.ms", "-1", "message.timestamp.type", "LogAppendTime");
        List<NewTopic> topics = new ArrayList<>(List.of(topic(rounds(), stamped)));
        for (String replica : REPLICAS) {
            topics.add(topic(writes(replica), kept));
            topics.add(topic(repairs(replica), stamped));
        }
        Answers.of(admin.createTopics(topics).all());
    }

    private NewTopic topic(String name, Map<String, String> settings) {
        return new NewTopic(name, partitions, (short) 1).configs(settings);
    }

    /** Both replicas are hosted by one job. All settings that are not named here have their defaults. */
    TrueupConfig config(String bootstrapServers, LatencyLoad load, Guarantee guarantee, Path stateDir) {
        Map<String, String> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrapServers);
        settings.put("dataset", name);
        settings.put("replicas", String.join(",", REPLICAS));
        settings.put("hash.secret", "the secret of a benchmark, which protects nothing");
        settings.put("state.dir", stateDir.toString());
        settings.put("topics.create", "true");
        settings.put("topics.replication.factor", "1");
        settings.put("round.interval", load.interval().toMillis() + "ms");
        settings.put("grace", load.grace().toMillis() + "ms");
        settings.put("streams.processing.guarantee", guarantee.label());
        for (String replica : REPLICAS) {
            settings.put("replica." + replica + ".writes.format", load.format());
            settings.put("replica." + replica + ".repairs.format", load.format());
        }
        settings.putAll(load.settings());
        return TrueupConfig.of(settings);
    }
}
