package io.trueup.cli;

import io.trueup.attach.Assessment;
import io.trueup.attach.ProposedFile;
import io.trueup.attach.Remark;
import io.trueup.attach.SampledTopic;
import io.trueup.attach.TopicSampler;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.cli.shell.DurationConverter;
import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.OptionFile;
import io.trueup.config.TrueupConfig;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.registry.RegistrySettings;
import io.trueup.topic.Cluster;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.ReadFailedException;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicInspector.InspectionFailedException;
import io.trueup.topic.TopicReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup attach}. */
@Command(
        name = "attach",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Looks at topics that should be equal, says what is fit and what is not, and writes the configuration of a job that"
                    + " observes them.",
            "Reads only: it joins no group, and writes nothing to Kafka. It reads the latest records of each topic.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":the topics are fit, and the configuration is written",
            ExitCodes.NO + ":the topics are not fit: the output says why, and nothing is written",
            ExitCodes.FAILED + ":the topics cannot be read, or an option cannot be used"
        })
final class AttachCommand implements Callable<Integer> {

    private static final String BOOTSTRAP = "bootstrap.servers";
    /** Never used: only the names are checked before the topics have been seen. */
    private static final String NO_SECRET = "trueup attach without a secret";

    private static final int SECRET_BYTES = 24;

    @Spec
    private CommandSpec spec;

    @Option(
            names = {"--bootstrap-server", "--bootstrap-servers"},
            paramLabel = "HOST:PORT",
            description = "Brokers to connect to first. Default: bootstrap.servers of the client properties.")
    private String bootstrapServers;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description = "Client properties, such as security settings, and the settings of a schema registry"
                    + " (schema.registry.url).")
    private Path commandConfig;

    @Option(
            names = "--replica",
            paramLabel = "NAME=TOPIC",
            required = true,
            description = "A replica, and the topic of what it stores; at least two.")
    private List<String> replicas = new ArrayList<>();

    @Option(
            names = "--source",
            paramLabel = "NAME",
            description =
                    "The replica that is right, such as the topic that the others are copied from. It is never repaired.")
    private String source;

    @Option(
            names = "--dataset",
            paramLabel = "NAME",
            description = "Name of the dataset: the topics of the job begin with it. Default: what the names of the"
                    + " topics have in common, between dots.")
    private String dataset;

    @Option(
            names = "--sample",
            paramLabel = "N",
            defaultValue = "10000",
            description = "About so many of the latest records are read of each topic. Default: ${DEFAULT-VALUE}.")
    private int sample;

    @Option(
            names = "--patience",
            paramLabel = "DURATION",
            defaultValue = "30s",
            converter = DurationConverter.class,
            description = "How long to wait for brokers that do not answer, and for an open transaction. Default:"
                    + " ${DEFAULT-VALUE}.")
    private Duration patience;

    @Option(
            names = "--output",
            paramLabel = "FILE",
            description = "The file to write. Default: the name of the dataset, and .properties.")
    private Path output;

    @Override
    public Integer call() {
        Map<String, String> topics = topics();
        Map<String, String> client = client();
        Map<String, String> registry = new TreeMap<>(client);
        registry.keySet().removeIf(key -> !RegistrySettings.isKey(key));
        client.keySet().removeIf(RegistrySettings::isKey);
        String name = dataset == null ? datasetOf(List.copyOf(topics.values())) : dataset;
        if (source != null && !topics.containsKey(source)) {
            throw unusable("--source: there is no replica " + source + " among " + topics.keySet());
        }
        if (sample < 1) {
            throw unusable("--sample: use a number from 1 up, not " + sample);
        }
        TrueupConfig named = TrueupConfig.of(named(name, topics, client.get(BOOTSTRAP), registry));
        Path file = (output == null ? Path.of(name + ".properties") : output).toAbsolutePath();
        if (Files.exists(file)) {
            throw unusable("--output: " + file + " exists already. Name another file, or remove it.");
        }
        Assessment assessment;
        try {
            assessment = Assessment.of(sampled(named, topics, client), Optional.ofNullable(source));
        } catch (InspectionFailedException | ReadFailedException | RegistryUnavailableException e) {
            spec.commandLine().getErr().println("trueup: " + e.getMessage());
            return ExitCodes.FAILED;
        }
        print(assessment);
        if (!assessment.isFit()) {
            spec.commandLine().getOut().println("\nThe topics are not fit to be compared. Nothing was written.");
            return ExitCodes.NO;
        }
        write(
                file,
                name,
                List.copyOf(topics.keySet()),
                client,
                assessment.needsRegistry() ? registry : Map.of(),
                assessment);
        return ExitCodes.OK;
    }

    private Map<String, String> topics() {
        Map<String, String> topics = new LinkedHashMap<>();
        for (String replica : replicas) {
            int equals = replica.indexOf('=');
            if (equals <= 0 || equals == replica.length() - 1) {
                throw unusable("--replica: '" + replica + "' is not NAME=TOPIC");
            }
            if (topics.put(replica.substring(0, equals), replica.substring(equals + 1)) != null) {
                throw unusable("--replica: " + replica.substring(0, equals) + " is named twice");
            }
        }
        if (topics.size() < 2) {
            throw unusable("Name at least two replicas with --replica NAME=TOPIC.");
        }
        return topics;
    }

    private Map<String, String> client() {
        Map<String, String> client = new TreeMap<>();
        if (commandConfig != null) {
            client.putAll(new OptionFile(spec, "--command-config", commandConfig).clientProperties());
        }
        if (bootstrapServers != null) {
            client.put(BOOTSTRAP, bootstrapServers);
        }
        if (!client.containsKey(BOOTSTRAP)) {
            throw unusable("Give the brokers of the topics with --bootstrap-server.");
        }
        return client;
    }

    /** What the names of all topics begin or else end with, between dots; the first name if there is nothing. */
    static String datasetOf(List<String> topics) {
        List<List<String>> names = topics.stream()
                .map(topic -> Arrays.asList(topic.split("\\.", -1)))
                .toList();
        String beginning = common(names);
        if (!beginning.isEmpty()) {
            return beginning;
        }
        List<List<String>> reversed =
                names.stream().map(AttachCommand::reversed).toList();
        List<String> end = reversed(Arrays.asList(common(reversed).split("\\.", -1)));
        return end.get(0).isEmpty() ? topics.get(0) : String.join(".", end);
    }

    private static String common(List<List<String>> names) {
        List<String> first = names.get(0);
        int length = 0;
        while (length < first.size() && hasInCommon(names, length)) {
            length++;
        }
        return String.join(".", first.subList(0, length));
    }

    private static boolean hasInCommon(List<List<String>> names, int index) {
        String part = names.get(0).get(index);
        return names.stream()
                .allMatch(name -> index < name.size() && name.get(index).equals(part));
    }

    private static List<String> reversed(List<String> parts) {
        List<String> reversed = new ArrayList<>(parts);
        Collections.reverse(reversed);
        return reversed;
    }

    private static Map<String, String> named(
            String dataset, Map<String, String> topics, String servers, Map<String, String> registry) {
        Map<String, String> settings = new TreeMap<>(registry);
        settings.put("dataset", dataset);
        settings.put(BOOTSTRAP, servers);
        settings.put("replicas", String.join(",", topics.keySet()));
        settings.put("hash.secret", NO_SECRET);
        topics.forEach((name, topic) -> settings.put("replica." + name + ".writes.topic", topic));
        return settings;
    }

    private List<SampledTopic> sampled(TrueupConfig named, Map<String, String> topics, Map<String, String> client) {
        Map<String, Object> admin = new HashMap<>(named.adminProperties());
        Map<String, Object> consumer = new HashMap<>(named.consumerProperties());
        admin.putAll(client);
        consumer.putAll(client);
        Cluster cluster = new Cluster(admin, consumer);
        ProgressCounter progress = new ProgressCounter();
        try (TopicInspector inspector = new TopicInspector("trueup-attach", progress, patience);
                TopicReader reader = new TopicReader("trueup-attach", progress, patience);
                RecordCodecs codecs = ConfiguredCodecs.open(named.registry(), patience)) {
            TopicSampler sampler = new TopicSampler(
                    inspector,
                    reader,
                    sample,
                    Clock.systemUTC(),
                    Optional.of(codecs).filter(open -> named.registry().isConfigured()));
            return topics.entrySet().stream()
                    .map(topic -> sampler.sample(topic.getKey(), cluster, topic.getValue()))
                    .toList();
        }
    }

    private void print(Assessment assessment) {
        PrintWriter out = spec.commandLine().getOut();
        for (Remark remark : assessment.remarks()) {
            out.println(String.format("%-5s %s: %s", remark.level(), remark.about(), remark.text()));
        }
        out.flush();
    }

    private void write(
            Path file,
            String name,
            List<String> names,
            Map<String, String> client,
            Map<String, String> registry,
            Assessment assessment) {
        Path secret = file.resolveSibling(name + ".secret");
        String text = ProposedFile.text(
                name,
                names,
                client,
                secret.toString(),
                file.resolveSibling(name + ".state").toString(),
                registry,
                assessment.settings());
        try {
            createSecret(secret);
            Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unusable("--output: cannot write " + file + ": " + e);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println();
        out.println("Written: " + file + " and " + secret);
        out.println("Keys that differ now:   trueup audit --config " + file);
        out.println("Observe from now on:    trueup run --config " + file);
        out.flush();
    }

    /** A secret that is there already is kept: the states of a running job depend on it. */
    private static void createSecret(Path file) throws IOException {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        try {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(file, Base64.getEncoder().encodeToString(secret) + "\n");
        } catch (FileAlreadyExistsException e) {
            // that is the secret
        }
    }

    private ParameterException unusable(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
