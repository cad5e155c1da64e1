package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The topics of a job on a real broker: what is missing, what is created, and what does not fit. */
class TopicCheckIT {

    @TempDir
    Path directory;

    private JobFixture fixture;

    @BeforeEach
    void open() {
        fixture = new JobFixture(directory, "eu", "us");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void shouldNameAWritesTopicThatIsMisspelledAndCreateNothing() throws Exception {
        fixture.createWritesTopics();
        for (int i = 0; i < 20; i++) {
            fixture.write("eu", "k" + i, 1, System.currentTimeMillis() - 60_000, "v");
        }
        fixture.flush();
        Set<String> before = topics();
        String misspelled = fixture.dataset + ".write.us";
        fixture.settings.put("replica.us.writes.topic", misspelled);
        Job job = new Job(fixture.config());

        assertThatThrownBy(job::start)
                .isInstanceOf(TopicCheckException.class)
                .hasMessageContainingAll(
                        "There is no topic " + misspelled + ", which replica.us.writes.topic names",
                        "did you mean " + fixture.writesTopic("us") + "?",
                        "--create --topic " + misspelled + " --partitions 4 --replication-factor 1"
                                + " --config cleanup.policy=compact --config delete.retention.ms=604800000")
                .hasMessageNotContainingAny("These topics do not exist", "did you mean " + fixture.writesTopic("eu"));

        assertThat(job.status().running()).isFalse();
        assertThat(job.status().failure())
                .hasValueSatisfying(reason -> assertThat(reason).contains(misspelled));
        assertThat(topics()).isEqualTo(before);
    }

    @Test
    void shouldNameMissingTopicsAndHowToCreateThem() {
        fixture.settings.put("topics.create", "false");

        assertThatThrownBy(() -> fixture.start())
                .isInstanceOf(TopicCheckException.class)
                .hasMessageStartingWith("There is no topic " + fixture.writesTopic("eu"))
                .hasMessageContainingAll(
                        fixture.writesTopic("us"),
                        fixture.dataset + ".repairs.us",
                        fixture.dataset + ".control",
                        fixture.dataset + ".rounds",
                        fixture.dataset + ".dead-letters",
                        "topics.create=true",
                        "--create --topic " + fixture.dataset + ".control --partitions 4");
    }

    @Test
    void shouldCreateTheTopicsOfTheJobWithThePartitionsOfTheWritesTopics() throws Exception {
        fixture.settings.remove("topics.partitions");
        fixture.broker.createTopics(3, fixture.writesTopic("eu"), fixture.writesTopic("us"));
        TopicCheck check = new TopicCheck(fixture.config(), fixture.broker.admin());

        assertThat(check.prepare().partitions()).isEqualTo(3);

        assertThat(topics())
                .contains(
                        fixture.dataset + ".control",
                        fixture.dataset + ".repairs.eu",
                        fixture.dataset + ".repairs.us",
                        fixture.dataset + ".rounds",
                        fixture.dataset + ".conflicts",
                        fixture.dataset + ".dead-letters");
        assertThat(setting(fixture.dataset + ".control", "message.timestamp.type"))
                .isEqualTo("LogAppendTime");
        assertThat(setting(fixture.dataset + ".conflicts", "cleanup.policy")).isEqualTo("compact");
    }

    @Test
    void shouldNameTopicsWhosePartitionCountsDiffer() {
        fixture.broker.createTopics(3, fixture.writesTopic("eu"));
        fixture.broker.createTopics(4, fixture.writesTopic("us"));

        assertThatThrownBy(() -> fixture.start())
                .isInstanceOf(TopicCheckException.class)
                .hasMessageContainingAll(fixture.writesTopic("eu") + ": 3", fixture.writesTopic("us") + ": 4");
    }

    @Test
    void shouldRefusePlainWriteEventsWhoseVersionIsTheTimeOfTheBroker() {
        fixture.broker.createTopics(
                JobFixture.PARTITIONS, Map.of("message.timestamp.type", "LogAppendTime"), fixture.writesTopic("eu"));
        fixture.broker.createTopics(JobFixture.PARTITIONS, fixture.writesTopic("us"));
        fixture.settings.put("replica.us.writes.format", "plain");
        check();

        fixture.settings.put("replica.eu.writes.format", "plain");
        assertThatThrownBy(this::check)
                .isInstanceOf(TopicCheckException.class)
                .hasMessageContainingAll(
                        "replica.eu.writes.format=plain",
                        "compare=version",
                        fixture.writesTopic("eu"),
                        "message.timestamp.type=CreateTime",
                        "compare=value with resolution=majority or primary:<replica>",
                        "replica.eu.writes.format=trueup");

        fixture.settings.put("hosted.replicas", "us");
        check();
        fixture.settings.remove("hosted.replicas");
        fixture.settings.put("resolution", "primary:eu");
        assertThatThrownBy(this::check).hasMessageContaining("replica.eu.writes.format=plain");
        fixture.settings.put("replica.eu.role", "source");
        check();
        fixture.settings.remove("replica.eu.role");
        fixture.settings.put("compare", "value");
        check();
    }

    private void check() {
        new TopicCheck(fixture.config(), fixture.broker.admin()).prepare();
    }

    /** The topics of this fixture's dataset. */
    private Set<String> topics() throws Exception {
        return fixture.broker.admin().listTopics().names().get().stream()
                .filter(topic -> topic.startsWith(fixture.dataset + "."))
                .collect(Collectors.toSet());
    }

    private String setting(String topic, String name) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        Config config = fixture.broker
                .admin()
                .describeConfigs(Set.of(resource))
                .values()
                .get(resource)
                .get();
        return config.get(name).value();
    }
}
