package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Metrics in the text format of Prometheus. */
final class Exposition {

    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z0-9_]+)(\\{[^}]*})? (\\S+)");
    private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"[^\"]*\"");
    /** Labels that all metrics of the process have, and those of the format itself. */
    private static final List<String> COMMON = List.of("dataset", "le");

    private final Map<String, String> types = new TreeMap<>();
    private final Map<String, String> help = new TreeMap<>();
    private final List<Matcher> samples = new ArrayList<>();

    private Exposition() {}

    static Exposition of(String text) {
        Exposition exposition = new Exposition();
        text.lines().forEach(line -> {
            String[] words = line.split(" ", 4);
            if (line.startsWith("# TYPE ")) {
                exposition.types.put(words[2], words[3]);
            } else if (line.startsWith("# HELP ")) {
                exposition.help.put(words[2], words.length == 4 ? words[3] : "");
            } else {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                exposition.samples.add(sample);
            }
        });
        return exposition;
    }

    int samples() {
        return samples.size();
    }

    /** The value of the one sample with these labels. */
    double value(String name, String... labels) {
        List<Matcher> found = samples.stream()
                .filter(sample -> sample.group(1).equals(name))
                .filter(sample ->
                        Arrays.stream(labels).allMatch(label -> sample.group(2).contains(label)))
                .toList();
        assertThat(found).as(name + Arrays.toString(labels)).hasSize(1);
        return Double.parseDouble(found.get(0).group(3));
    }

    /** A row of a table for each metric whose name begins so: name, type, labels, meaning. */
    List<String> rows(String prefix) {
        return types.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name ->
                        "| `" + name + "` | " + types.get(name) + " | " + labels(name) + " | " + help.get(name) + " |")
                .toList();
    }

    private String labels(String metric) {
        TreeSet<String> labels = new TreeSet<>();
        for (Matcher sample : samples) {
            if (sample.group(1).matches(metric + "(_bucket|_count|_sum)?") && sample.group(2) != null) {
                Matcher label = LABEL.matcher(sample.group(2));
                while (label.find()) {
                    labels.add(label.group(1));
                }
            }
        }
        labels.removeAll(COMMON);
        return labels.stream().map(label -> "`" + label + "`").collect(Collectors.joining(", "));
    }
}
