package io.trueup.cli.topics;

import io.trueup.config.FeedGroup;
import io.trueup.config.TrueupConfig;
import io.trueup.provision.NeededAcls;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The options that name principals, and what the configuration of the job does not know about datastores. */
final class PrincipalOptions {

    private static final Pattern PRINCIPAL = Pattern.compile("[^:\\s]+:.+");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = "--principal-job",
            paramLabel = "PRINCIPAL",
            defaultValue = "User:trueup",
            description = "The principal of the job. Default: ${DEFAULT-VALUE}.")
    private String job;

    @Option(
            names = "--principal-people",
            paramLabel = "PRINCIPAL",
            defaultValue = "User:operator",
            description = "The principal of people who use commands. Default: ${DEFAULT-VALUE}.")
    private String people;

    @Option(
            names = "--principal-datastore",
            paramLabel = "REPLICA=PRINCIPAL",
            description = "The principal of the datastore of a replica. Default: User:datastore-REPLICA.")
    private Map<String, String> datastores = new HashMap<>();

    @Option(
            names = "--group",
            paramLabel = "REPLICA=GROUP",
            description = "The consumer group of the datastore of a replica. Default: the one that"
                    + " replica.REPLICA.progress names, otherwise trueup-replica-REPLICA, as `trueup replica` has it.")
    private Map<String, String> groups = new HashMap<>();

    @Option(
            names = "--feed",
            paramLabel = "TOPIC",
            description = "The topic of the writes that the datastores apply. Default: the one that"
                    + " replica.REPLICA.progress names.")
    private String feed;

    /**
     * What each principal needs: the job, the datastores of the hosted replicas, people.
     *
     * @throws ParameterException if an option names no replica that has a datastore, or a principal cannot be one
     */
    List<PrincipalAcls> principals(TrueupConfig config) {
        NeededAcls needed = new NeededAcls(config);
        requireDatastores("--principal-datastore", datastores.keySet(), needed);
        requireDatastores("--group", groups.keySet(), needed);
        List<PrincipalAcls> all = new ArrayList<>();
        all.add(new PrincipalAcls("the job", valid("--principal-job", job), needed.job(), List.of()));
        needed.datastores().forEach(replica -> all.add(datastore(replica, config, needed)));
        all.add(new PrincipalAcls(
                "people who use commands", valid("--principal-people", people), needed.people(), List.of()));
        return all;
    }

    private PrincipalAcls datastore(String replica, TrueupConfig config, NeededAcls needed) {
        Optional<FeedGroup> known = config.feed(replica);
        String group = groups.getOrDefault(replica, known.map(FeedGroup::group).orElse("trueup-replica-" + replica));
        Optional<String> source = Optional.ofNullable(feed).or(() -> known.map(FeedGroup::feed));
        List<String> notes = source.isPresent()
                ? List.of()
                : List.of(
                        "Read on the feed is left out, because the configuration of the job does not name the feed: give"
                                + " --feed TOPIC.");
        return new PrincipalAcls(
                "the datastore of " + replica,
                valid("--principal-datastore", datastores.getOrDefault(replica, "User:datastore-" + replica)),
                needed.datastore(replica, group, source),
                notes);
    }

    private void requireDatastores(String option, Set<String> replicas, NeededAcls needed) {
        for (String replica : replicas) {
            if (!needed.datastores().contains(replica)) {
                throw new ParameterException(
                        command.commandLine(),
                        option + ": " + replica
                                + " is not a replica that is hosted with this configuration and repaired;"
                                + " those are " + String.join(", ", needed.datastores()));
            }
        }
    }

    private String valid(String option, String principal) {
        if (!PRINCIPAL.matcher(principal).matches()) {
            throw new ParameterException(
                    command.commandLine(),
                    option + ": '" + principal + "' is not a principal; write its type and its name, such as User:"
                            + principal);
        }
        return principal;
    }
}
