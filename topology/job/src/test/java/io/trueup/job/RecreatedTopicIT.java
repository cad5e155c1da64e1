package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.trueup.schema.Outcome;
import io.trueup.stream.JobClocks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A writes topic is deleted, or created again, while the job runs. */
class RecreatedTopicIT {

    private static final Duration NEVER = Duration.ofHours(1);
    private static final long GRACE_MS = 500;

    @TempDir
    Path directory;

    private JobFixture fixture;
    private Admin admin;
    private String writes;

    @BeforeEach
    void open() {
        fixture = new JobFixture(directory, "eu", "us").quick();
        fixture.createTopics();
        admin = fixture.broker.admin();
        writes = fixture.writesTopic("us");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    /** The new topic has as many records as the former one: by its offsets alone, nothing would have changed. */
    @Test
    void shouldCompareNothingAndEndWhenAWritesTopicIsCreatedAgain() throws Exception {
        long positionMs = System.currentTimeMillis() - 60_000;
        write(List.of("eu", "us"), positionMs);
        try (Job job = new Job(fixture.config(), NEVER, new JobClocks())) {
            job.start();
            fixture.awaitEqual();

            admin.deleteTopics(List.of(writes)).all().get();
            fixture.createWritesTopic("us");
            long createdMs = System.currentTimeMillis();
            write(List.of("us"), positionMs);

            assertThat(job.awaitTermination(Duration.ofSeconds(40))).isTrue();
            assertThat(job.status().failure())
                    .hasValueSatisfying(reason -> assertThat(reason)
                            .contains(
                                    "The writes topic " + writes + " was created again", "trueup reset --replica us"));
            assertThatNothingWasComparedAfter(createdMs);
        }
    }

    /** Under at-least-once, Kafka Streams tries for a minute to commit offsets of a topic that is gone. */
    @Test
    void shouldCompareNothingAndEndWithinSecondsWhenAWritesTopicIsDeleted() throws Exception {
        fixture.settings.put("streams.processing.guarantee", "at_least_once");
        write(List.of("eu", "us"), System.currentTimeMillis() - 60_000);
        try (Job job = new Job(fixture.config(), NEVER, new JobClocks())) {
            job.start();
            fixture.awaitEqual();

            admin.deleteTopics(List.of(writes)).all().get();
            long deletedMs = System.currentTimeMillis();

            await().atMost(JobFixture.PATIENCE)
                    .until(() -> job.status().failure().isPresent());
            assertThat(job.awaitTermination(Duration.ofSeconds(20))).isTrue();
            assertThat(job.status().failure())
                    .hasValueSatisfying(reason -> assertThat(reason)
                            .contains(
                                    "The writes topic " + writes + " was deleted while the job ran",
                                    "--create --topic " + writes,
                                    "trueup reset --replica us"));
            assertThatNothingWasComparedAfter(deletedMs);
        }
    }

    @Test
    void shouldNotTakeATopicForDeletedThatASingleAnswerDoesNotKnow() {
        TopicCheck check = new TopicCheck(fixture.config(), admin);
        TopicCheck.Topics topics = check.prepare();

        assertThatCode(() -> new TopicCheck(fixture.config(), ForgetfulAdmin.of(admin, writes, 1)).recheck(topics))
                .doesNotThrowAnyException();
        assertThatCode(() -> new TopicCheck(fixture.config(), ForgetfulAdmin.of(admin, writes, 1)).prepare())
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> new TopicCheck(fixture.config(), ForgetfulAdmin.of(admin, writes, 2)).recheck(topics))
                .isInstanceOf(TopicCheckException.class)
                .hasMessageContaining(writes + " was deleted");
    }

    @Test
    void shouldAnswerWithTheEndOfTheTopicThatWasChecked() throws Exception {
        write(List.of("us"), System.currentTimeMillis());
        AtomicInteger suspicions = new AtomicInteger();
        Uuid id = new TopicCheck(fixture.config(), admin)
                .prepare()
                .topics()
                .get(writes)
                .id();

        assertThat(end(admin, id, suspicions).get(30, TimeUnit.SECONDS)).isPositive();
        assertThat(end(admin, null, suspicions).get(30, TimeUnit.SECONDS)).isPositive();
        assertThat(suspicions).hasValue(0);

        assertThatThrownBy(() -> end(admin, Uuid.randomUuid(), suspicions).get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InvalidTopicException.class);
        assertThat(suspicions).hasValue(1);

        Admin forgetful = ForgetfulAdmin.of(admin, writes, 1);
        assertThatThrownBy(() -> end(forgetful, id, suspicions).get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        assertThat(suspicions).hasValue(2);
        assertThat(end(forgetful, id, suspicions).get(30, TimeUnit.SECONDS)).isPositive();
        assertThat(suspicions).hasValue(2);
    }

    private CompletableFuture<Long> end(Admin admin, Uuid id, AtomicInteger suspicions) {
        return new AdminEndOffsets(admin, new TopicIds(admin, topic -> id, suspicions::incrementAndGet))
                .latest(new TopicPartition(writes, 0))
                .toCompletableFuture();
    }

    private void assertThatNothingWasComparedAfter(long changedMs) {
        assertThat(fixture.reports().stream()
                        .filter(report -> report.getReplica().equals("us"))
                        .filter(report -> report.getRound() >= changedMs - GRACE_MS))
                .allSatisfy(report -> assertThat(report.getOutcome()).isNotIn(Outcome.EQUAL, Outcome.DIVERGENT));
        assertThat(fixture.repairs()).isEmpty();
    }

    private void write(List<String> replicas, long positionMs) {
        try (KafkaProducer<byte[], byte[]> producer = fixture.broker.producer()) {
            for (String replica : replicas) {
                for (int i = 0; i < 100; i++) {
                    fixture.write(producer, replica, "k" + i, 1, positionMs, "v" + i, null);
                }
            }
        }
    }
}
