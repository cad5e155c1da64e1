package io.trueup.cli.audit;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The partitions that {@code --partitions} names. */
final class PartitionsArgument {

    private static final Pattern FORM = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?");

    private PartitionsArgument() {}

    /**
     * Reads partitions such as {@code 3} and ranges such as {@code 4-7}.
     *
     * @param command the command that an error is about
     * @throws ParameterException if a text is neither
     */
    static Set<Integer> of(List<String> texts, CommandSpec command) {
        Set<Integer> chosen = new TreeSet<>();
        for (String part : texts) {
            Matcher range = FORM.matcher(part.strip());
            if (!range.matches()) {
                throw unusable(command, "'" + part + "' is neither a partition such as 3 nor a range such as 4-7");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) {
                throw unusable(command, "the range '" + part.strip() + "' ends before it begins");
            }
            for (int partition = first; partition <= last; partition++) {
                chosen.add(partition);
            }
        }
        return chosen;
    }

    private static ParameterException unusable(CommandSpec command, String fault) {
        return new ParameterException(command.commandLine(), "--partitions: " + fault);
    }
}
