package io.trueup.cli.topics;

import io.trueup.cli.shell.ExitCodes;
import io.trueup.cli.shell.JobConfigOption;
import io.trueup.command.TopicFinding;
import io.trueup.command.TopicFinding.State;
import io.trueup.command.TopicSetup;
import io.trueup.config.TrueupConfig;
import io.trueup.provision.NeededTopic;
import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code trueup topics}. */
@Command(
        name = "topics",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the topics that the job needs, with their settings and next to what the brokers have, and the minimal ACLs of"
                    + " the job, of the datastores and of people who use commands. Each with its reason.",
            "--create creates topics that are missing, except writes topics: a new writes topic states that its replica holds"
                    + " nothing. Only --create-writes creates one.",
            "--check-acls also compares the ACLs that the brokers have, and names what is missing, denied or too wide.",
            "--output commands prints a script of kafka-topics.sh and kafka-acls.sh commands, --output strimzi prints KafkaTopic"
                    + " and KafkaUser resources. Nothing that exists is changed."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            ExitCodes.OK + ":all topics, and with --check-acls all ACLs, are as they should be; or --dry-run",
            ExitCodes.NO + ":a topic is missing, or is not as it should be; with --check-acls, the same of an ACL",
            ExitCodes.FAILED_LINE
        })
public final class TopicsCommand implements Callable<Integer> {

    /** The form of the output. */
    private enum Output {
        /** For people. */
        TEXT,
        /** A script for a shell. */
        COMMANDS,
        /** Kubernetes resources. */
        STRIMZI,
        /** For programs. */
        JSON
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private JobConfigOption config;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            defaultValue = "text",
            description = "text, commands, strimzi, or json: one object. Default: ${DEFAULT-VALUE}.")
    private String output;

    @Option(names = "--create", description = "Create the topics that are missing, except writes topics.")
    private boolean create;

    @Option(
            names = "--create-writes",
            paramLabel = "REPLICA",
            split = ",",
            description =
                    "Create the writes topics of these replicas, too, or print what creates them. Only for a datastore that"
                            + " is new: its replica will be filled.")
    private Set<String> createWrites = new LinkedHashSet<>();

    @Option(
            names = "--dry-run",
            description =
                    "Connect to no broker: print what should be there, and create nothing. Without topics.partitions, the"
                            + " topics have 4 partitions.")
    private boolean dryRun;

    @Option(
            names = "--check-acls",
            description =
                    "Compare the ACLs of the brokers with those that each principal needs. Needs Describe on the cluster.")
    private boolean checkAcls;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description =
                    "With --output commands: the client properties by which Kafka's tools connect to the brokers.")
    private String commandConfig;

    @Option(
            names = "--strimzi-cluster",
            paramLabel = "NAME",
            description = "With --output strimzi: the name of the Kafka resource.")
    private String strimziCluster;

    @Mixin
    private PrincipalOptions principals;

    @Override
    public Integer call() {
        Output form = output();
        TrueupConfig job = config.load();
        requireHosted(job);
        List<PrincipalAcls> acls = principals.principals(job);
        if (dryRun) {
            print(
                    form,
                    new TopicsPlan(
                            job, false, TopicSetup.unseen(job), createWrites, List.of(), acls, Optional.empty()));
            return ExitCodes.OK;
        }
        try (TopicSetup setup = new TopicSetup(job)) {
            List<TopicFinding> found = setup.find();
            List<NeededTopic> created = create ? missing(found) : List.of();
            if (!created.isEmpty()) {
                setup.create(found, created);
                found = setup.find();
            }
            Optional<ComparedAcls> compared =
                    checkAcls ? Optional.of(ComparedAcls.of(acls, setup.acls())) : Optional.empty();
            print(form, new TopicsPlan(job, true, found, createWrites, created, acls, compared));
            boolean fits = TopicSetup.isComplete(found)
                    && compared.map(ComparedAcls::fit).orElse(true);
            return fits ? ExitCodes.OK : ExitCodes.NO;
        }
    }

    private List<NeededTopic> missing(List<TopicFinding> found) {
        return found.stream()
                .filter(topic -> topic.state() == State.MISSING)
                .map(TopicFinding::needed)
                .filter(topic -> TopicsPlan.isCreatable(topic, createWrites))
                .toList();
    }

    private Output output() {
        Output form = switch (output) {
            case "text" -> Output.TEXT;
            case "commands" -> Output.COMMANDS;
            case "strimzi" -> Output.STRIMZI;
            case "json" -> Output.JSON;
            default -> throw unusable("--output: '" + output + "' is not one of text, commands, strimzi, json");
        };
        boolean creates = form == Output.COMMANDS || form == Output.STRIMZI;
        if (create && creates) {
            throw unusable("--create creates the topics itself, and --output " + output
                    + " prints what creates them: give one of the two");
        }
        if (checkAcls && (creates || dryRun)) {
            throw unusable("--check-acls asks the brokers for their ACLs and says what is wrong with them: it goes with"
                    + " --output text or json, and not with --dry-run");
        }
        if (form == Output.STRIMZI && strimziCluster == null) {
            throw unusable("--output strimzi needs --strimzi-cluster: the name of the Kafka resource");
        }
        return form;
    }

    private void requireHosted(TrueupConfig job) {
        for (String replica : createWrites) {
            if (!job.hostedReplicas().contains(replica)) {
                throw unusable(
                        "--create-writes: " + replica + " is not a replica that is hosted with this configuration;"
                                + " those are " + String.join(", ", job.hostedReplicas()));
            }
        }
    }

    private void print(Output form, TopicsPlan plan) {
        PrintWriter out = spec.commandLine().getOut();
        switch (form) {
            case TEXT -> new TopicsText(plan).print(out);
            case COMMANDS -> new TopicsScript(plan, commandConfig).print(out);
            case JSON -> new TopicsJson(plan).print(out);
            case STRIMZI -> printStrimzi(plan, out);
        }
    }

    private void printStrimzi(TopicsPlan plan, PrintWriter out) {
        try {
            new StrimziYaml(plan, strimziCluster).print(out);
        } catch (IllegalArgumentException e) {
            throw unusable(e.getMessage());
        }
    }

    private ParameterException unusable(String reason) {
        return new ParameterException(spec.commandLine(), reason);
    }
}
