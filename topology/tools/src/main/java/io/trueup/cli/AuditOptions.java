package io.trueup.cli;

import io.trueup.audit.AuditPoint;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditedReplica;
import io.trueup.audit.ReplicaPartition;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.Settings;
import io.trueup.topic.Cluster;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What is to be audited, as said on the command line. */
final class AuditOptions {

    /**
     * Stands in for {@code hash.secret} where no configuration is given. Known to everybody: hashes then tell copies apart, not
     * forgeries.
     */
    private static final String NO_SECRET = "trueup audit without a secret";

    /** What the smallest tables of a replica take. */
    private static final long LEAST_TABLE_BYTES = 32 << 10;

    private static final String BOOTSTRAP = "bootstrap.servers";

    /** Stands where each replica has a cluster of its own. */
    private static final String NOWHERE = "localhost:9092";

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmg]?)", Pattern.CASE_INSENSITIVE);
    private static final Pattern PARTITIONS = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            defaultValue = "${env:TRUEUP_CONFIG}",
            description = "The configuration of the job: all there is to know. Default: what TRUEUP_CONFIG names.")
    private Path config;

    @Option(
            names = {"--bootstrap-server", "--bootstrap-servers"},
            paramLabel = "HOST:PORT",
            description = "Brokers to ask first, where there is no configuration.")
    private String bootstrapServers;

    @Option(
            names = "--replica",
            paramLabel = "NAME=TOPIC[@FILE]",
            description =
                    "A replica and its writes topic; at least two. FILE holds the client properties of the cluster that"
                            + " the topic is in, if it is another one. With a configuration: where a replica of it is.")
    private List<String> replicas = new ArrayList<>();

    @Option(
            names = "--repairs",
            paramLabel = "NAME=TOPIC",
            description = "The repairs topic of a replica, to tell which divergent keys repair events were sent for.")
    private List<String> repairs = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description =
                    "trueup or plain: the format of the writes topics, where there is no configuration. Default: trueup.")
    private String format;

    @Option(
            names = "--resolution",
            paramLabel = "RULE",
            description =
                    "latest, vector, majority or primary:NAME: what wins. Default: the configuration's, or latest.")
    private String resolution;

    @Option(
            names = "--compare",
            paramLabel = "WHAT",
            description = "version or value: what makes entries equal. Default: the configuration's, or version.")
    private String compare;

    @Option(
            names = "--at",
            paramLabel = "WHEN",
            defaultValue = "latest",
            description = {
                "The moment to audit. latest: all that is there now. A time such as 2026-11-22T12:00:00Z: records with a later"
                        + " timestamp do not count. A file: lines of replica, partition and the first offset that does not"
                        + " count, such as `eu 0 1234`; what --roots writes is one. Default: latest."
            })
    private String at;

    @Option(
            names = "--partitions",
            split = ",",
            paramLabel = "N[-M]",
            description = "Only these partitions, such as 0,4-7. Default: all.")
    private List<String> partitions = new ArrayList<>();

    @Option(
            names = "--keys-from",
            paramLabel = "FILE",
            description = "Only these keys, one in each line: as text in UTF-8, or hex: and hexadecimal digits.")
    private Path keysFrom;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description = "Client properties, such as security settings, for all clusters without a file of their own.")
    private Path commandConfig;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            description =
                    "Memory for tables, such as 512m or 4g. What does not fit is done in several passes. Default: half"
                            + " of the heap.")
    private String memory;

    @Option(
            names = "--never-compacted",
            description =
                    "Topics that are not compacted now never were: their offsets without record are those of transactions."
                            + " Brokers do not tell one from the other, so without this an audit of a transactional topic as"
                            + " of an earlier moment may not be able to tell.")
    private boolean neverCompacted;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Partitions to read at a time. Default: as many as there are processors.")
    private Integer threads;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100000",
            description =
                    "Divergent keys to list, as long as they fit into --memory; further ones are only counted. Default: ${DEFAULT-VALUE}.")
    private int limit;

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = ApproveCommand.DurationConverter.class,
            description = "How long to wait for an open transaction, or for brokers that do not answer. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration patience;

    /** @throws ParameterException if the options do not make sense, or a file cannot be read */
    AuditRequest request() {
        Map<String, Where> where = where();
        TrueupConfig job = config != null ? changed() : made(where);
        List<AuditedReplica> audited = job.replicas().stream()
                .map(name -> replica(job, name, where.get(name)))
                .toList();
        where.keySet().stream()
                .filter(name -> !job.replicas().contains(name))
                .findFirst()
                .ifPresent(name -> {
                    throw unusable(
                            "--replica: the configuration knows no replica " + name + " among " + job.replicas());
                });
        checkRepairs(job.replicas());
        Settings settings = job.settings(job.replicas().get(0));
        int reading = threads == null ? Runtime.getRuntime().availableProcessors() : atLeastOne("--threads", threads);
        return new AuditRequest(
                audited,
                settings,
                at(),
                partitions(),
                Optional.ofNullable(keysFrom).map(this::keys),
                reading,
                memory == null ? Runtime.getRuntime().maxMemory() / 2 : enough(size(memory), audited.size(), reading),
                atLeastOne("--limit", limit),
                patience,
                neverCompacted);
    }

    /** Where a replica's write events are. */
    private record Where(String topic, Optional<Path> clientProperties) {}

    private Map<String, Where> where() {
        Map<String, Where> where = new LinkedHashMap<>();
        for (String replica : replicas) {
            int equals = replica.indexOf('=');
            int at = replica.indexOf('@', equals);
            if (equals <= 0 || equals == replica.length() - 1 || at == equals + 1 || at == replica.length() - 1) {
                throw unusable("--replica: '" + replica + "' is not NAME=TOPIC or NAME=TOPIC@FILE");
            }
            String name = replica.substring(0, equals);
            Where before = where.put(
                    name,
                    new Where(
                            replica.substring(equals + 1, at < 0 ? replica.length() : at),
                            at < 0 ? Optional.empty() : Optional.of(Path.of(replica.substring(at + 1)))));
            if (before != null) {
                throw unusable("--replica: " + name + " is named twice");
            }
        }
        return where;
    }

    private TrueupConfig changed() {
        if (resolution != null || compare != null || format != null || bootstrapServers != null) {
            throw unusable(
                    "The configuration says what wins, what makes entries equal, and where the topics are: leave out"
                            + " --resolution, --compare, --format and --bootstrap-server, or leave out --config (and unset"
                            + " TRUEUP_CONFIG).");
        }
        return TrueupConfig.load(config, System.getenv());
    }

    private TrueupConfig made(Map<String, Where> where) {
        if (where.size() < 2) {
            throw unusable(
                    "Name at least two replicas with --replica NAME=TOPIC, or give a configuration with --config.");
        }
        boolean everywhere = where.values().stream()
                .allMatch(place -> place.clientProperties().isPresent());
        if (bootstrapServers == null && !everywhere) {
            throw unusable("Say with --bootstrap-server where the topics are.");
        }
        Map<String, String> settings = new TreeMap<>();
        settings.put("dataset", "audit");
        settings.put(BOOTSTRAP, bootstrapServers == null ? NOWHERE : bootstrapServers);
        settings.put("replicas", String.join(",", where.keySet()));
        settings.put("hash.secret", NO_SECRET);
        put(settings, "resolution", resolution);
        put(settings, "compare", compare);
        where.keySet().forEach(name -> put(settings, "replica." + name + ".writes.format", format));
        return TrueupConfig.of(settings);
    }

    private static void put(Map<String, String> settings, String key, String value) {
        if (value != null) {
            settings.put(key, value);
        }
    }

    private AuditedReplica replica(TrueupConfig job, String name, Where where) {
        ReplicaTopics topics = job.replica(name);
        Map<String, Object> admin = new HashMap<>(job.adminProperties());
        Map<String, Object> consumer = new HashMap<>(job.consumerProperties());
        Optional<Path> file = where == null ? Optional.empty() : where.clientProperties();
        file.or(() -> Optional.ofNullable(commandConfig)).map(this::properties).ifPresent(properties -> {
            admin.putAll(properties);
            consumer.putAll(properties);
        });
        file.filter(path -> !properties(path).containsKey(BOOTSTRAP)).ifPresent(path -> {
            throw unusable("--replica: " + path + " does not say " + BOOTSTRAP + ", so it leads to no other cluster");
        });
        return new AuditedReplica(
                name,
                where == null ? topics.writesTopic() : where.topic(),
                topics.writesFormat().label(),
                repairsTopic(name, topics),
                new Cluster(admin, consumer));
    }

    private void checkRepairs(List<String> names) {
        for (String given : repairs) {
            int equals = given.indexOf('=');
            if (equals <= 0 || equals == given.length() - 1) {
                throw unusable("--repairs: '" + given + "' is not NAME=TOPIC");
            }
            if (!names.contains(given.substring(0, equals))) {
                throw unusable("--repairs: there is no replica " + given.substring(0, equals) + " among " + names);
            }
        }
    }

    private Optional<String> repairsTopic(String name, ReplicaTopics topics) {
        for (String given : repairs) {
            if (given.startsWith(name + "=")) {
                return Optional.of(given.substring(name.length() + 1));
            }
        }
        return config == null ? Optional.empty() : Optional.ofNullable(topics.repairsTopic());
    }

    private Map<String, Object> properties(Path file) {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw unreadable(file, e);
        }
        Map<String, Object> map = new TreeMap<>();
        properties.forEach((key, value) -> map.put((String) key, value));
        return map;
    }

    private AuditPoint at() {
        if (at.equals("latest")) {
            return new AuditPoint.Latest();
        }
        Optional<Instant> time = time(at);
        if (time.isPresent()) {
            if (time.get().isAfter(Instant.now())) {
                throw unusable("--at: " + at + " is still to come");
            }
            return new AuditPoint.Time(time.get().toEpochMilli());
        }
        Path file = path(at);
        if (file == null || !Files.exists(file)) {
            throw unusable("--at: '" + at + "' is neither latest, nor a time such as 2026-11-22T12:00:00Z, nor a file");
        }
        return new AuditPoint.Offsets(offsets(file));
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return null;
        }
    }

    private static Optional<Instant> time(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Map<ReplicaPartition, Long> offsets(Path file) {
        Map<ReplicaPartition, Long> ends = new TreeMap<>();
        int number = 0;
        for (String line : lines(file)) {
            number++;
            String text = line.strip();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            String[] words = text.split("\\s+", -1);
            try {
                if (words[2].equals("-")) {
                    throw unusable(
                            "--at: " + file + " has the roots of an audit as of a time, which no offset stands for."
                                    + " Give --at the same time: " + lines(file).get(0));
                }
                ends.put(new ReplicaPartition(words[0], Integer.parseInt(words[1])), Long.parseLong(words[2]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                throw unusable("--at: line " + number + " of " + file + " is not replica, partition and offset, such as"
                        + " `eu 0 1234`: " + text);
            }
        }
        return ends;
    }

    private Set<Integer> partitions() {
        Set<Integer> chosen = new TreeSet<>();
        for (String part : partitions) {
            Matcher range = PARTITIONS.matcher(part.strip());
            if (!range.matches()) {
                throw unusable("--partitions: '" + part + "' is neither a partition such as 3 nor a range such as 4-7");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                throw unusable("--partitions: the range '" + part.strip() + "' ends before it begins");
            }
            for (int partition = first; partition <= last; partition++) {
                chosen.add(partition);
            }
        }
        return chosen;
    }

    private List<byte[]> keys(Path file) {
        List<byte[]> keys = new ArrayList<>();
        for (String line : lines(file)) {
            if (line.isEmpty()) {
                continue;
            }
            try {
                keys.add(
                        line.startsWith("hex:")
                                ? HexFormat.of().parseHex(line.substring(4).strip())
                                : line.getBytes(StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw unusable(
                        "--keys-from: '" + line + "' is not hexadecimal; write two digits for each byte of the key");
            }
        }
        return keys;
    }

    private List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private long size(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw unusable("--memory: '" + text + "' is not a size such as 512m or 4g");
        }
        long number = Long.parseLong(size.group(1));
        return switch (size.group(2).toLowerCase(Locale.ROOT)) {
            case "k" -> number << 10;
            case "m" -> number << 20;
            case "g" -> number << 30;
            default -> number;
        };
    }

    private long enough(long bytes, int replicas, int partitions) {
        long least = LEAST_TABLE_BYTES * replicas * partitions;
        if (bytes < least) {
            throw unusable("--memory: " + memory + " is too little for the tables of " + replicas + " replicas and "
                    + partitions + (partitions == 1 ? " partition" : " partitions") + " at a time: give "
                    + (least >> 10)
                    + "k or more" + (partitions == 1 ? "" : ", or fewer --threads"));
        }
        return bytes;
    }

    private int atLeastOne(String option, int number) {
        if (number < 1) {
            throw unusable(option + ": use a number from 1 up, not " + number);
        }
        return number;
    }

    private ParameterException unreadable(Path file, Exception e) {
        return unusable(
                e instanceof NoSuchFileException ? "There is no file " + file + "." : "Cannot read " + file + ": " + e);
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
