package io.trueup.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.trueup.config.TrueupConfig;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.CoordinatorNotAvailableException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reset concludes where brokers or the disk do not answer. */
class StateResetTest {

    @TempDir
    private Path directory;

    private TrueupConfig config;
    private Path state;
    /** Null: no answer comes. */
    private RuntimeException topicFailure = new UnknownTopicOrPartitionException("none");

    /** Of the changelog; 0 if there is none. */
    private int partitions;

    private RuntimeException sendFailure;
    private MockProducer<byte[], byte[]> producer;

    private RuntimeException groupFailure = new GroupIdNotFoundException("none");

    @BeforeEach
    void configure() {
        config = TrueupConfig.of(Map.of(
                "bootstrap.servers",
                "k:1",
                "dataset",
                "shop",
                "replicas",
                "eu,us",
                "state.dir",
                directory.toString(),
                "hash.secret",
                "0123456789abcdef"));
        state = directory.resolve(config.applicationId("eu"));
    }

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldHaveNothingToRemoveOnlyWhereTheBrokersKnowThatThereIsNoChangelog() {
        assertThat(open().plan().isEmpty()).isTrue();

        for (RuntimeException failure : List.of(
                new TopicAuthorizationException(Set.of("a changelog")),
                new DisconnectException("connection lost"),
                new TimeoutException("no answer"))) {
            topicFailure = failure;
            assertThatThrownBy(() -> open().plan())
                    .isInstanceOf(CommandFailedException.class)
                    .hasRootCause(failure);
        }
    }

    @Test
    void shouldNotTakeAnInterruptForAnAnswer() {
        topicFailure = null;
        Thread.currentThread().interrupt();

        assertThatThrownBy(() -> open().plan())
                .isInstanceOf(CommandFailedException.class)
                .hasMessage("interrupted");
    }

    @Test
    void shouldRemoveNothingWhereItIsUnknownWhetherTheReconcilerRuns() throws Exception {
        Files.createDirectory(state);

        for (RuntimeException failure : List.of(
                GroupAuthorizationException.forGroupId("a group"),
                new CoordinatorNotAvailableException("loading"),
                new TimeoutException("no answer"))) {
            groupFailure = failure;
            assertThatThrownBy(() -> open().execute(open().plan()))
                    .isInstanceOf(CommandFailedException.class)
                    .hasRootCause(failure);
        }

        assertThat(state).exists();
    }

    /** Neither that it exists nor that it does not can be found out. */
    @Test
    void shouldNotTakeADirectoryThatCannotBeReadForNone() throws Exception {
        Files.createSymbolicLink(state, state);
        assertThat(Files.exists(state)).isFalse();

        StateReset.Plan plan = open().plan();

        assertThat(plan.isEmpty()).isFalse();
    }

    /** Local state is removed only once all partitions are marked: otherwise a start would restore what is not marked. */
    @Test
    void shouldKeepTheLocalStateWhereAPartitionCannotBeMarked() throws Exception {
        Files.createDirectory(state);
        partitions = 2;
        sendFailure = new TopicAuthorizationException(Set.of("a changelog"));

        assertThatThrownBy(() -> open().execute(open().plan()))
                .isInstanceOf(CommandFailedException.class)
                .hasMessageContaining("Write");
        assertThat(state).exists();

        sendFailure = null;
        StateReset.Plan plan = open().plan();
        open().execute(plan);
        assertThat(plan.partitions()).isEqualTo(2);
        assertThat(producer.history())
                .extracting(ProducerRecord::topic, ProducerRecord::partition)
                .containsExactly(tuple(plan.changelog(), 0), tuple(plan.changelog(), 1));
        assertThat(state).doesNotExist();
    }

    private StateReset open() {
        return new StateReset(
                config,
                "eu",
                (Admin) Proxy.newProxyInstance(
                        Admin.class.getClassLoader(),
                        new Class<?>[] {Admin.class},
                        (proxy, method, arguments) -> switch (method.getName()) {
                            case "describeTopics" ->
                                new Described(
                                        partitions > 0
                                                ? KafkaFuture.completedFuture(changelog())
                                                : failed(topicFailure),
                                        arguments[0]);
                            case "describeConsumerGroups" ->
                                new DescribeConsumerGroupsResult(Map.of(
                                        config.applicationId("eu"),
                                        this.<ConsumerGroupDescription>failed(groupFailure)));
                            default -> throw new AssertionError(method + " is not to be called");
                        }),
                this::producer);
    }

    private MockProducer<byte[], byte[]> producer() {
        producer = new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {
            @Override
            public synchronized Future<RecordMetadata> send(ProducerRecord<byte[], byte[]> record) {
                return sendFailure == null ? super.send(record) : failed(sendFailure);
            }
        };
        return producer;
    }

    private TopicDescription changelog() {
        return new TopicDescription(
                "changelog",
                false,
                IntStream.range(0, partitions)
                        .mapToObj(partition -> new TopicPartitionInfo(partition, Node.noNode(), List.of(), List.of()))
                        .toList());
    }

    private <T> KafkaFuture<T> failed(RuntimeException failure) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        if (failure != null) {
            future.completeExceptionally(failure);
        }
        return future;
    }

    private static final class Described extends DescribeTopicsResult {

        Described(KafkaFuture<TopicDescription> answer, Object topics) {
            super(null, Map.of(((List<?>) topics).get(0).toString(), answer));
        }
    }
}
