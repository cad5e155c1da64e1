package io.trueup.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each line: changes to a valid configuration, the key that the only problem names, and its advice. */
class InvalidConfigurationTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bootstrap.servers            | bootstrap.servers | is required",
                "bootstrap.servers=           | bootstrap.servers | at least one broker",
                "bootstrap.servers=kafka      | bootstrap.servers | 'kafka' is not of the form host:port",
                "bootstrap.servers=a:1,b:port | bootstrap.servers | 'b:port' is not of the form host:port",
                "bootstrap.servers=http://a:1 | bootstrap.servers | 'http://a:1' is a URL; write host:port without http://",
                "bootstrap.servers=a:99999    | bootstrap.servers | 'a:99999' has no port from 1 to 65535",
                "bootstrap.servers=a:0        | bootstrap.servers | 'a:0' has no port from 1 to 65535",
                "bootstrap.servers=a:99999999999 | bootstrap.servers | 'a:99999999999' has no port from 1 to 65535",
                "repair.max.fraction=10%      | repair.max.fraction | not a number; write 0.1 for 10%",
                "repair.max.fraction=2.5 %    | repair.max.fraction | not a number; write 0.025 for 2.5 %",
                "repair.max.fraction=some     | repair.max.fraction | not a number; write digits and a point",
                "repair.rate=1e3              | repair.rate       | not a whole number in digits",
                "dataset                      | dataset           | is required",
                "dataset=                     | dataset           | begin with a letter or digit",
                "dataset=a/b                  | dataset           | Invalid value a/b",
                "dataset=-x                   | dataset           | begin with a letter or digit",
                "dataset=a b                  | dataset           | use at most 60 letters",
                "dataset=0123456789012345678901234567890123456789012345678901234567890 | dataset | at most 60",
                "replicas                     | replicas          | is required",
                "replicas=                    | replicas          | at least one replica",
                "replicas=eu                  | replicas          | name at least two",
                "replicas=eu,us,eu            | replicas          | 'eu' is named twice",
                "replicas=eu,,us              | replicas          | '' is not a replica name",
                "replicas=eu,US               | replicas          | lower-case",
                "replicas=eu,a.b              | replicas          | 'a.b' is not a replica name",
                "replicas=eu,a/b              | replicas          | 'a/b' is not a replica name",
                "replicas=eu,all              | replicas          | means every replica",
                "hosted.replicas=ue           | hosted.replicas   | did you mean eu?",
                "hosted.replicas=eu,mars      | hosted.replicas   | 'mars' is not in replicas (us, eu, ap)",
                "hosted.replicas=eu,eu        | hosted.replicas   | named twice",
                "hosted.replicas=             | hosted.replicas   | name at least one replica",
                "state.dir=                   | state.dir         | name a path",
            })
    void shouldRefuseImpossibleNamesAndAddresses(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "control.topic=a/b             | control.topic           | not a topic name",
                "control.topic=..              | control.topic           | not a topic name",
                "control.topics=               | control.topics          | name at least one topic",
                "control.topics=a,a b          | control.topics          | a b: not a topic name",
                "control.topics=a,a            | control.topics          | a is named twice",
                "rounds.topic=shop.control     | rounds.topic            | is also control.topics",
                "dead.letter.topic=shop.rounds | dead.letter.topic       | is also rounds.topic",
                "replica.eu.repairs.topic=shop.repairs.ap | replica.eu.repairs.topic | is also replica.",
                "replica.ap.writes.topic=shop.writes.eu   | replica.ap.writes.topic  | is also replica.eu.writes.topic",
                "replica.eu.writes.topic=shop.repairs.eu  | replica.eu.writes.topic  | is also replica.eu.repairs.topic",
                "conflicts.topic=shop.rounds   | conflicts.topic         | is also rounds.topic",
                "observations.topic=shop.control | observations.topic    | is also control.topics",
                "observations.topic=a/b        | observations.topic      | not a topic name",
                "control.topics=shop.rounds,x  | rounds.topic            | is also control.topics",
                "replica.eu.writes.topic=      | replica.eu.writes.topic | not a topic name",
                "replica.eu.writes.format=avro | replica.eu.writes.format | use one of trueup, plain, debezium-json, debezium-avro",
                "replica.eu.writes.format=debezium-avro;compare=value;resolution=majority;value.canonical=json | replica.eu.writes.format | set schema.registry.url",
                "schema.registry.url=http://registry;replica.eu.writes.format=debezium-avro;value.canonical=json | replica.eu.writes.format | set compare=value",
                "replica.eu.writes.format=debezium-json;value.canonical=json | replica.eu.writes.format | set compare=value",
                "schema.registry.url=http://registry;value.canonical=avro;replica.eu.writes.format=debezium-json;compare=value;resolution=majority | replica.eu.writes.format | set value.canonical=json",
                "replica.eu.writes.format=debezium-json;compare=value;resolution=majority | replica.eu.writes.format | set value.canonical=json",
                "replica.eu.writes.version=lsn | replica.eu.writes.version | use column:<JSON pointer>",
                "replica.eu.writes.version=column:v | replica.eu.writes.version | such as column:/version",
                "replica.eu.writes.version=position: | replica.eu.writes.version | position:shop",
                "replica.eu.writes.format=plain;replica.eu.writes.version=column:/v | replica.eu.writes.version | only change events of Debezium",
                "value.canonical=json;replica.eu.writes.format=debezium-json;replica.eu.writes.version=position:a;replica.us.writes.format=debezium-json;replica.us.writes.version=position:b | replica.us.writes.version | positions of two databases do not compare: set compare=value",
                "value.canonical=json;replica.eu.writes.format=debezium-json;replica.eu.writes.version=gtid:a;replica.us.writes.format=debezium-json;replica.us.writes.version=column:/v | replica.eu.writes.version | or take a column that both have",
                "value.canonical=json;replica.eu.writes.format=debezium-json;replica.eu.writes.version=position:a;replica.us.writes.format=debezium-json | replica.us.writes.format | set compare=value",
                "replica.eu.repairs.format=debezium-json | replica.eu.repairs.format | use one of trueup, plain",
                "replica.eu.repairs.format=x   | replica.eu.repairs.format | use one of trueup, plain",
                "replica.eu.role=master        | replica.eu.role         | use one of replica, source",
                "topics.create=yes             | topics.create           | either true or false",
                "topics.partitions=0           | topics.partitions       | from 1 to 100000",
                "topics.partitions=many        | topics.partitions       | not a whole number in digits",
                "topics.replication.factor=0   | topics.replication.factor | or -1 for the brokers' default",
            })
    void shouldRefuseImpossibleTopics(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "schema.registry.url=                 | schema.registry.url | at least one address",
                "schema.registry.url=registry:8081    | schema.registry.url | not of the form http://host:port",
                "schema.registry.url=http://u:p@r     | schema.registry.url | use basic.auth.user.info",
                "avro.encoding=registry               | avro.encoding       | needs schema.registry.url",
                "avro.encoding=confluent              | avro.encoding       | one of single-object, registry",
                "basic.auth.user.info=u:p             | basic.auth.user.info | set schema.registry.url",
                "schema.registry.ssl.protocol=TLS     | schema.registry.ssl.protocol | set schema.registry.url",
                "replica.eu.repairs.encoding=registry | replica.eu.repairs.encoding | set schema.registry.url",
                "schema.registry.url=http://r;value.subject.name.strategy=Own | value.subject.name.strategy | RecordNameStrategy",
                "schema.registry.url=http://r;use.latest.version=true;auto.register.schemas=true | auto.register.schemas | excludes",
                "schema.registry.url=http://r;http.read.timeout.ms=0 | http.read.timeout.ms | from 1 up",
                "avro.serializer=a.B                  | avro.serializer     | set both",
                "schema.registry=http://r             | schema.registry     | is not a key of Trueup",
            })
    void shouldRefuseImpossibleRegistries(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "round.interval=60000       | round.interval  | such as 500ms, 60s or 2h",
                "round.interval=-5s         | round.interval  | not a duration",
                "round.interval=1.5s        | round.interval  | not a duration",
                "round.interval=            | round.interval  | not a duration",
                "round.interval=5 parsecs   | round.interval  | Invalid value 5 parsecs",
                "round.interval=99ms        | round.interval  | use at least 100ms",
                "round.interval=99999d      | round.interval  | use at most 3650d",
                "grace=0s                   | grace           | too short",
                "lag.patience=299s          | lag.patience    | use at least 10 × grace = 5m",
                "repair.timeout=149s        | repair.timeout  | use at least 2 × round.interval + grace = 150s",
                "round.deadline=60s         | round.deadline  | must be less than round.interval = 60s",
                "round.settle=45s           | round.settle    | must be less than round.deadline = 45s",
                "repair.validity=2m         | repair.validity | use at least repair.timeout = 150s",
                "repair.attempts=0          | repair.attempts | from 1 to 1000",
                "round.segments.max=0       | round.segments.max | from 1 to 1048576",
                "tombstone.retention=24h    | repair.validity | must be less than tombstone.retention = 24h",
                "repair.validity=8d         | repair.validity | must be less than tombstone.retention = 7d",
                "lag.patience=7d            | lag.patience    | must be less than tombstone.retention = 7d",
                "tombstone.retention=never  | tombstone.retention | not a duration",
            })
    void shouldRefuseImpossibleTimes(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "tree.segments=1000         | tree.segments | not a power of two; use 512 or 1024",
                "tree.segments=1            | tree.segments | a power of two from 2 to 1048576",
                "tree.segments=2097152      | tree.segments | a power of two from 2 to 1048576",
                "tree.segments=4k           | tree.segments | not a whole number in digits",
                "tree.stride=0              | tree.stride   | from 1 to 16",
                "tree.stride=17             | tree.stride   | from 1 to 16",
                "tree.segments=8;tree.stride=4 | tree.stride | only 3 levels; use at most 3",
                "tree.segments=65536;tree.stride=13 | tree.stride | exceed control.message.entries.max = 4096; use at most 12",
                "control.message.entries.max=15 | control.message.entries.max | from 16 to 10000",
                "compare=values             | compare       | use one of version, value",
                "compare=value              | resolution    | use majority or primary:<replica>",
                "value.canonical=xml        | value.canonical | use one of none, json, avro",
                "value.ignore=/at           | value.ignore  | set value.canonical=json",
                "value.canonical=avro       | value.canonical | set schema.registry.url, or avro.deserializer",
                "value.canonical=json;value.ignore=/a,at | value.ignore | 'at' is not a JSON pointer to a member",
                "value.canonical=json;value.ignore=/a~2  | value.ignore | ~1 stands for /",
                "mode=dry-run               | mode          | use one of repair, observe",
                "resolution=newest          | resolution    | use latest, vector, majority or primary:<replica>",
                "resolution=primary:        | resolution    | use latest, vector, majority or primary:<replica>",
                "resolution=primary:eux     | resolution    | 'eux' is not in replicas (us, eu, ap); did you mean eu?",
                "replica.eu.role=source     | replica.eu.role | set resolution=primary:eu",
                "replica.eu.role=source;resolution=primary:us | replica.eu.role | set resolution=primary:eu",
                "resolution=primary:eu;replica.eu.role=source;replica.us.role=source | replica.us.role | must win",
                "resolution=vector;compare=value | resolution | use majority or primary:<replica>",
                "resolution=vector;replica.eu.writes.format=plain | replica.eu.writes.format | has no version vectors",
                "resolution=vector;replica.eu.repairs.format=plain | replica.eu.repairs.format | has no version vectors",
                "resolution.primary=eux     | resolution.primary | did you mean eu?",
                "resolution.primary=eu;resolution=majority | resolution.primary | resolution=primary:eu",
                "repair.rate=0              | repair.rate   | from 1 to 10000000",
                "repair.max.fraction=10%    | repair.max.fraction | not a number; write 0.1 for 10%",
                "repair.max.fraction=1.5    | repair.max.fraction | use a number from 0 to 1",
                "repair.max.fraction=NaN    | repair.max.fraction | use a number from 0 to 1",
                "repair.flood.min.keys=-1   | repair.flood.min.keys | from 0",
                "hash.secret                | hash.secret   | hash.secret is not set; set it or hash.secret.file",
                "hash.secret=fifteen-bytes-1 | hash.secret  | at least 16 random bytes",
                "hash.secret.file=x         | hash.secret   | both set",
                "control.secrets=fifteen-bytes-1 | control.secrets | at least 16 random bytes each",
                "control.secrets=sixteen-bytes-123,short | control.secrets | one of them is too short",
                "control.secrets=sixteen-bytes-123; control.secrets.file=x | control.secrets | both set",
                "control.secrets.file=/no/such/file | control.secrets.file | there is no such file",
                "hash.secret;hash.secret.file=/no/such/file | hash.secret.file | there is no such file",
                "repair.value.max.bytes=-1  | repair.value.max.bytes | from 0",
                "repair.value.max.bytes=1000000 | repair.value.max.bytes | use at most 983040",
                "producer.max.request.size=600000 | repair.value.max.bytes | producer.max.request.size (600000)",
            })
    void shouldRefuseImpossibleComparisonsAndRepairs(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "placement=some             | placement             | use all, ring:<copies> such as ring:3, or explicit",
                "placement=ring             | placement             | ring:<copies>",
                "placement=ring:0           | placement             | ring:<copies>",
                "placement=ring:4           | placement             | only 3 replicas; use at most ring:3",
                "placement=ring:1           | placement             | no replica to compare with; use at least ring:2",
                "placement=ring:2;resolution=primary:eu | placement | eu must win (resolution), so it must own every",
                "placement.partition.0=eu,us | placement.partition.0 | has an effect only with placement=explicit",
                "placement=explicit;placement.partition.3=eu,usa | placement.partition.3 | did you mean us?",
                "placement=explicit;placement.partition.3=      | placement.partition.3 | at least one replica",
                "placement=explicit;placement.partition.3=eu,eu | placement.partition.3 | named twice",
                "placement=explicit;placement.partition.first=eu,us | placement.partition.first | write its number",
                "placement=explicit;placement.partition.3=us,ap;resolution=primary:eu | placement.partition.3 | add it",
            })
    void shouldRefuseImpossiblePlacements(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "round.intervall=60s          | round.intervall | did you mean round.interval?",
                "Grace=60s                    | Grace           | did you mean grace?",
                "hash.secrte=0123456789abcdef | hash.secrte     | did you mean hash.secret?",
                "replica.eu.write.topic=x     | replica.eu.write.topic | did you mean replica.eu.writes.topic?",
                "replica.ue.writes.topic=x    | replica.ue.writes.topic | did you mean replica.eu.writes.topic?",
                "replica.mars.writes.topic=x  | replica.mars.writes.topic | add the replica or remove the key",
                "lag.measure=progress         | lag.measure     | is not a key of Trueup",
                "replica.eu.colour=x          | replica.eu.colour | a replica has role, progress, writes.topic",
                "replica.eu.progress=group    | replica.eu.progress | group:<consumer group>@<feed topic>",
                "replica.eu.progress=group:g  | replica.eu.progress | write group:<consumer group>@<feed topic>",
                "replica.eu.progress=group:g@a/b | replica.eu.progress | feed a/b",
                "replcia.eu.role=replica      | replcia.eu.role | did you mean replica.eu.role?",
                "security.protocol=SSL        | security.protocol | write kafka.security.protocol",
                "max.poll.records=5           | max.poll.records | write consumer.max.poll.records",
                "num.stream.threads=5         | num.stream.threads | write streams.num.stream.threads",
                "linger.ms=5                  | linger.ms       | write producer.linger.ms",
                "kafka.=x                     | kafka.          | is not a key of Trueup",
                "colour=blue                  | colour          | `trueup config` prints all keys",
            })
    void shouldRefuseUnknownKeysAndGuessWhatWasMeant(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "streams.application.id=x               | streams.application.id | it is trueup-<dataset>-<replica>",
                "streams.state.dir=x                    | streams.state.dir | set state.dir without a prefix",
                "kafka.bootstrap.servers=x:1            | kafka.bootstrap.servers | without a prefix",
                "producer.client.id=x                   | producer.client.id | named after dataset and replica",
                "producer.key.serializer=x              | producer.key.serializer | written as bytes",
                "producer.enable.idempotence=false      | producer.enable.idempotence | changelog",
                "kafka.acks=1                           | kafka.acks | changelog",
                "streams.producer.acks=1                | streams.producer.acks | changelog",
                "streams.acks=1                         | streams.acks | changelog",
                "producer.transactional.id=x            | producer.transactional.id | exactly_once_v2",
                "consumer.auto.offset.reset=latest      | consumer.auto.offset.reset | from the earliest",
                "streams.auto.offset.reset=latest       | streams.auto.offset.reset | from the earliest",
                "consumer.isolation.level=read_uncommitted | consumer.isolation.level | only committed",
                "streams.restore.consumer.isolation.level=read_uncommitted | streams.restore.consumer.isolation.level | only committed",
                "streams.main.consumer.group.id=x       | streams.main.consumer.group.id | it is the application id",
                "streams.global.consumer.client.id=x    | streams.global.consumer.client.id | named after dataset",
                "streams.admin.bootstrap.servers=x:1    | streams.admin.bootstrap.servers | without a prefix",
                "streams.group.protocol=streams         | streams.group.protocol | classic protocol only",
                "streams.processing.exception.handler=x | streams.processing.exception.handler | dead.letter.topic",
                "streams.errors.dead.letter.queue.topic.name=x | streams.errors.dead.letter.queue.topic.name | set dead.letter.topic",
            })
    void shouldRefuseWhatTrueupMustDecideItself(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kafka.ssl.truststore.location=/no/trust.jks | kafka.ssl.truststore.location | there is no such file",
                "producer.linger.ms=soon             | producer.linger.ms | Not a number",
                "kafka.request.timeout.ms=x          | kafka.request.timeout.ms | Not a number",
                "consumer.fetch.min.bytes=-1         | consumer.fetch.min.bytes | at least 0",
                "streams.processing.guarantee=often  | streams.processing.guarantee | exactly_once_v2",
                "streams.consumer.max.poll.records=x | streams.consumer.max.poll.records | Not a number",
                "kafka.metric.reporters=;streams.rocksdb.config.setter=no.such.Class | streams.rocksdb.config.setter | could not be found",
                "streams.commit.interval.ms=60000 | Kafka Streams refuses | commit.interval.ms",
            })
    void shouldRefuseValuesThatKafkaWouldRefuse(String changes, String key, String advice) {
        assertOnlyProblem(changes, key, advice);
    }

    @ParameterizedTest
    @ValueSource(strings = {"resolution=majority", "resolution=primary:eu", "resolution=primary:eu;compare=value"})
    void shouldRefuseAtLeastOnceWhereAnOlderEntryMayWin(String rules) {
        assertOnlyProblem(
                "streams.processing.guarantee=at_least_once;" + rules,
                "streams.processing.guarantee",
                "an older entry may win");
    }

    @Test
    void shouldReportAllProblemsAtOnceAndNotWhatFollowsFromThem() {
        List<String> problems = problems(
                "dataset=a/b; replicas=eu; round.interval=x; grace=-1s; tree.segments=3; typo=1; streams.application.id=x;"
                        + "producer.linger.ms=x; hash.secret=short; lag.patience=1ms; round.deadline=90s; tree.stride=9");

        assertThat(problems).hasSize(9);
        for (String key : List.of(
                "dataset",
                "replicas",
                "round.interval",
                "grace",
                "tree.segments",
                "typo",
                "streams.application.id",
                "producer.linger.ms",
                "hash.secret")) {
            assertThat(problems).filteredOn(problem -> problem.contains(key)).isNotEmpty();
        }
    }

    @Test
    void shouldCountAndListTheProblemsInTheMessage() {
        InvalidConfigurationException error = catchThrowableOfType(
                InvalidConfigurationException.class,
                () -> new Example().changed("mode=x; compare=y").load());

        assertThat(error.getMessage().lines()).hasSize(3);
        assertThat(error).hasMessageStartingWith("2 problems in the configuration:\n  - ");
    }

    private static void assertOnlyProblem(String changes, String key, String advice) {
        assertThat(problems(changes)).singleElement().asString().contains(key).contains(advice);
    }

    private static List<String> problems(String changes) {
        return catchThrowableOfType(
                        InvalidConfigurationException.class,
                        () -> new Example().changed(changes).load())
                .problems();
    }
}
