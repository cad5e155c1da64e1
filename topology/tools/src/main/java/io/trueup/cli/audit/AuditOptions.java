package io.trueup.cli.audit;

import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditedReplica;
import io.trueup.audit.checkpoint.Checkpoint;
import io.trueup.cli.shell.DurationConverter;
import io.trueup.cli.shell.OptionFile;
import io.trueup.cli.shell.PositiveDurationConverter;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.failure.KeyFormat;
import io.trueup.reconcile.settings.Settings;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.registry.RegistrySettings;
import io.trueup.topic.Cluster;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.TopicInspector;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that say what to audit. */
final class AuditOptions {

    /**
     * Takes the place of {@code hash.secret} where no configuration is given. It is public: the hashes then detect differences,
     * but not forgeries.
     */
    private static final String NO_SECRET = "trueup audit without a secret";

    private static final String BOOTSTRAP = "bootstrap.servers";

    /** Takes the place of the common brokers where each replica has a cluster of its own; never used. */
    private static final String UNUSED_SERVERS = "localhost:9092";

    private static final String LATEST = "latest";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            defaultValue = "${env:TRUEUP_CONFIG}",
            description =
                    "The configuration of the job, a properties file. Default: the file that TRUEUP_CONFIG names.")
    private Path config;

    @Option(
            names = {"--bootstrap-server", "--bootstrap-servers"},
            paramLabel = "HOST:PORT",
            description = "Brokers to connect to first, if there is no configuration.")
    private String bootstrapServers;

    @Option(
            names = "--replica",
            paramLabel = "NAME=TOPIC[@FILE]",
            description =
                    "A replica and its writes topic; at least two replicas. FILE holds the client properties of the cluster"
                            + " of the topic, if it is another one. With a configuration: the topic of one of its replicas.")
    private List<String> replicas = new ArrayList<>();

    @Option(
            names = "--repairs",
            paramLabel = "NAME=TOPIC",
            description = "The repairs topic of a replica, to find the repair events of divergent keys.")
    private List<String> repairs = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "trueup, plain, debezium-json or debezium-avro: the format of the writes topics, if there is no configuration. Default: trueup.")
    private String format;

    @Option(
            names = "--resolution",
            paramLabel = "RULE",
            description =
                    "latest, vector, majority or primary:NAME: which entry wins. Default: the setting of the configuration,"
                            + " or latest.")
    private String resolution;

    @Option(
            names = "--compare",
            paramLabel = "WHAT",
            description =
                    "version or value: what makes entries equal. Default: the setting of the configuration, or version.")
    private String compare;

    @Option(
            names = "--canonical",
            paramLabel = "FORM",
            description =
                    "none, json or avro: whether values are compared by their bytes, as JSON documents, or as Avro records of"
                            + " a schema registry, which --command-config names. Default: the setting of the"
                            + " configuration, or none.")
    private String canonical;

    @Option(
            names = "--ignore",
            split = ",",
            paramLabel = "POINTER",
            description = "Members of documents and fields of records that are not compared, such as"
                    + " /updatedAt,/meta/etag. Needs --canonical json or avro.")
    private List<String> ignored = new ArrayList<>();

    @Option(
            names = "--at",
            paramLabel = "WHEN",
            defaultValue = LATEST,
            description = {
                "The moment to audit. latest: all records that exist now. A time such as 2026-11-22T12:00:00Z, or how long ago,"
                        + " such as 30s or 2h: records with a later timestamp are ignored. A file: lines of replica, partition and the first offset to ignore,"
                        + " such as `eu 0 1234`; --roots writes such files. Default: latest."
            })
    private String at;

    @Option(
            names = "--settle",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = {
                "How long a difference must have lasted to count. What differs for less, by the timestamps of the records and the"
                        + " moment audited (latest, and at offsets: this machine's clock), counts as a write in flight: such keys"
                        + " are counted separately and are no difference. So does a replica whose entry loses only against"
                        + " entries that the others have held for less: a key that is written all the time differs where a replica"
                        + " is behind by more than this. 0s: every difference counts. Default: ${DEFAULT-VALUE}."
            })
    private Duration settle;

    @Option(
            names = "--partitions",
            split = ",",
            paramLabel = "N[-M]",
            description = "Only these partitions, such as 0,4-7. Default: all partitions.")
    private List<String> partitions = new ArrayList<>();

    @Option(
            names = "--keys-from",
            paramLabel = "FILE",
            description =
                    "Only the keys in this file, one per line, as this command prints them: text in UTF-8, or hex: and"
                            + " hexadecimal digits. A key that is a text beginning with hex: is written in hexadecimal, too.")
    private Path keysFrom;

    @Mixin
    private ValueOptions valueOptions;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description =
                    "Client properties, such as security settings, for all clusters without a file of their own. If there"
                            + " is no configuration, also the settings of a schema registry, such as schema.registry.url.")
    private Path commandConfig;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "Memory for tables, such as 512m or 4g. If the keys do not fit, the audit takes several passes. Default:"
                            + " half of the heap.")
    private String memory;

    @Option(
            names = "--never-compacted",
            description =
                    "Topics that are not compacted now were never compacted: their offsets without records are those of"
                            + " transactions. Brokers do not distinguish the two cases, so without this option an audit of a"
                            + " transactional topic as of an earlier moment may be unable to tell.")
    private boolean neverCompacted;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = {
                "Note in this file which partitions are compared, and what was found. If the audit is stopped or killed, or cannot"
                        + " read a partition, the next audit with the same options reads only the partitions that are not in the"
                        + " file. Unless --at is a time, those in the file count as of the moment at which they were compared, and are"
                        + " read again after 24 hours. The file is removed once all partitions are compared, and refused if it"
                        + " belongs to another audit."
            })
    private Path checkpoint;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Partitions to read at the same time. Default: the number of processors.")
    private Integer threads;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100000",
            description =
                    "Divergent keys to list, as far as they fit into --memory; further keys are only counted. Default:"
                            + " ${DEFAULT-VALUE}.")
    private int limit;

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = PositiveDurationConverter.class,
            description = "How long to wait for an open transaction, or for brokers that do not answer. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration patience;

    /**
     * The audit that the options ask for.
     *
     * @throws ParameterException if the options contradict each other, or a file cannot be read
     */
    AuditRequest request() {
        ReplicaLocations locations = new ReplicaLocations(replicas, repairs, spec);
        TrueupConfig job = config != null ? loadedConfig() : configFor(locations);
        List<AuditedReplica> audited = job.replicas().stream()
                .map(name -> replica(job, name, locations))
                .toList();
        checkNames(locations, job.replicas());
        Settings settings = job.settings(job.replicas().get(0));
        int parallel = threads == null ? Runtime.getRuntime().availableProcessors() : atLeastOne("--threads", threads);
        return new AuditRequest(
                audited,
                settings,
                new AuditPointArgument(at, spec).point(),
                settle,
                PartitionsArgument.of(partitions, spec),
                Optional.ofNullable(keysFrom).map(this::keys),
                valueOptions.areShown(),
                new AuditRequest.Bounds(
                        parallel,
                        memory == null ? Runtime.getRuntime().maxMemory() / 2 : memory(audited.size(), parallel),
                        atLeastOne("--limit", limit),
                        patience),
                neverCompacted,
                Optional.ofNullable(checkpoint).map(this::openCheckpoint),
                ConfiguredCodecs.open(job.registry(), patience));
    }

    /** Reads the values of divergent keys, if they are asked for. */
    Optional<ValueDecoder> values() {
        return valueOptions.decoder();
    }

    private Checkpoint openCheckpoint(Path path) {
        OptionFile file = new OptionFile(spec, "--checkpoint", path);
        file.checkWritable();
        try {
            return Checkpoint.open(path);
        } catch (IOException e) {
            throw file.unusable("cannot be read: " + e);
        } catch (IllegalArgumentException e) {
            throw file.unusable(e.getMessage() + ". Delete it to begin anew, or name another file");
        }
    }

    private TrueupConfig loadedConfig() {
        if (resolution != null
                || compare != null
                || format != null
                || canonical != null
                || !ignored.isEmpty()
                || bootstrapServers != null) {
            throw unusable(
                    "The configuration sets which entry wins, what makes entries equal, and where the topics are: leave out"
                            + " --resolution, --compare, --canonical, --ignore, --format and --bootstrap-server, or leave"
                            + " out --config (and unset TRUEUP_CONFIG).");
        }
        new OptionFile(spec, "--config", config).checkReadable();
        return TrueupConfig.load(config, System.getenv());
    }

    private TrueupConfig configFor(ReplicaLocations locations) {
        if (locations.names().size() < 2) {
            throw unusable(
                    "Name at least two replicas with --replica NAME=TOPIC, or give a configuration with --config.");
        }
        boolean ownClusters = locations.all().stream()
                .allMatch(location -> location.clientProperties().isPresent());
        if (bootstrapServers == null && !ownClusters) {
            throw unusable("Give the brokers of the topics with --bootstrap-server.");
        }
        Map<String, String> settings = new TreeMap<>();
        settings.put("dataset", "audit");
        settings.put(BOOTSTRAP, bootstrapServers == null ? UNUSED_SERVERS : bootstrapServers);
        settings.put("replicas", String.join(",", locations.names()));
        settings.put("hash.secret", NO_SECRET);
        put(settings, "resolution", resolution);
        put(settings, "compare", compare);
        put(settings, "value.canonical", canonical);
        put(settings, "value.ignore", ignored.isEmpty() ? null : String.join(",", ignored));
        if (commandConfig != null) {
            new OptionFile(spec, "--command-config", commandConfig).properties().forEach((key, value) -> {
                if (RegistrySettings.isKey(key)) {
                    settings.put(key, value);
                }
            });
        }
        locations.names().forEach(name -> put(settings, "replica." + name + ".writes.format", format));
        return TrueupConfig.of(settings);
    }

    private static void put(Map<String, String> settings, String key, String value) {
        if (value != null) {
            settings.put(key, value);
        }
    }

    private AuditedReplica replica(TrueupConfig job, String name, ReplicaLocations locations) {
        ReplicaTopics topics = job.replica(name);
        Map<String, Object> admin = new HashMap<>(job.adminProperties());
        Map<String, Object> consumer = new HashMap<>(job.consumerProperties());
        Optional<ReplicaLocations.Location> location = locations.of(name);
        Optional<OptionFile> own = location.flatMap(ReplicaLocations.Location::clientProperties)
                .map(path -> new OptionFile(spec, "--replica", path));
        own.filter(file -> !file.properties().containsKey(BOOTSTRAP)).ifPresent(file -> {
            throw file.unusable("does not set " + BOOTSTRAP + ", so it names no other cluster");
        });
        own.filter(file -> file.properties().keySet().stream().anyMatch(RegistrySettings::isKey))
                .ifPresent(file -> {
                    throw file.unusable("sets a registry; all replicas have the same one: name it in --command-config");
                });
        own.or(() -> Optional.ofNullable(commandConfig).map(path -> new OptionFile(spec, "--command-config", path)))
                .map(OptionFile::clientProperties)
                .ifPresent(properties -> {
                    properties.keySet().removeIf(RegistrySettings::isKey);
                    admin.putAll(properties);
                    consumer.putAll(properties);
                });
        return new AuditedReplica(
                name,
                location.map(ReplicaLocations.Location::topic).orElse(topics.writesTopic()),
                topics.writesFormatName(),
                job.valueForm(),
                locations
                        .repairsTopic(name)
                        .or(() -> config == null ? Optional.empty() : Optional.ofNullable(topics.repairsTopic())),
                new Cluster(admin, consumer));
    }

    /**
     * Checks that the repairs topics that {@code --repairs} names exist.
     *
     * @throws ParameterException if one does not
     */
    void checkRepairsTopics(AuditRequest request) {
        Set<String> named = new ReplicaLocations(replicas, repairs, spec).namesOfRepairs();
        if (named.isEmpty()) {
            return;
        }
        try (TopicInspector inspector = new TopicInspector("trueup-audit", new ProgressCounter(), patience)) {
            for (AuditedReplica replica : request.replicas()) {
                if (named.contains(replica.name())) {
                    inspector.inspect(replica.cluster(), replica.repairsTopic().orElseThrow());
                }
            }
        } catch (TopicInspector.InspectionFailedException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw unusable("--repairs: " + e.getMessage());
            }
        }
    }

    private void checkNames(ReplicaLocations locations, List<String> known) {
        for (String name : locations.names()) {
            if (!known.contains(name)) {
                throw unusable("--replica: the configuration has no replica " + name + " among " + known);
            }
        }
        for (String name : locations.namesOfRepairs()) {
            if (!known.contains(name)) {
                throw unusable("--repairs: there is no replica " + name + " among " + known);
            }
        }
    }

    /**
     * Checks that a plan of repairs can be made: it is one of a configured dataset, as its topics are now.
     *
     * @throws ParameterException if it cannot
     */
    void checkPlannable() {
        if (config == null) {
            throw unusable("--plan: a plan needs the secret and the topics of the dataset; give its configuration with"
                    + " --config.");
        }
        if (!replicas.isEmpty()) {
            throw unusable("--plan: repairs are sent by the topics of the configuration; leave out --replica.");
        }
        if (!at.equals(LATEST)) {
            throw unusable("--plan: repairs are for what the replicas hold now; leave out --at.");
        }
    }

    private List<byte[]> keys(Path path) {
        OptionFile file = new OptionFile(spec, "--keys-from", path);
        List<byte[]> keys = new ArrayList<>();
        for (String line : file.lines()) {
            if (line.isEmpty()) {
                continue;
            }
            try {
                keys.add(KeyFormat.parse(line.startsWith(KeyFormat.HEX_PREFIX) ? line.strip() : line, false));
            } catch (IllegalArgumentException e) {
                throw file.unusable("has a key that cannot be read: " + e.getMessage());
            }
        }
        return keys;
    }

    private long memory(int replicas, int partitions) {
        try {
            return MemorySize.forTables(memory, replicas, partitions);
        } catch (IllegalArgumentException e) {
            throw unusable("--memory: " + e.getMessage());
        }
    }

    private int atLeastOne(String option, int number) {
        if (number < 1) {
            throw unusable(option + ": use a number from 1 up, not " + number);
        }
        return number;
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
