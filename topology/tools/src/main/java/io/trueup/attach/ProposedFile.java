package io.trueup.attach;

import io.trueup.registry.RegistrySettings;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Type;

/** The text of a configuration that was proposed: complete, with comments, and without secrets. */
public final class ProposedFile {

    private final StringBuilder text = new StringBuilder();

    private ProposedFile() {}

    /**
     * Returns the text of a properties file.
     *
     * @param dataset name of the dataset
     * @param replicas their names
     * @param client client properties, bootstrap.servers among them
     * @param secretFile the file that contains hash.secret
     * @param stateDir where the job keeps its state
     * @param registry settings of the schema registry; empty if the job needs none
     * @param settings what the topics have shown; see {@link Assessment#settings}
     */
    public static String text(
            String dataset,
            List<String> replicas,
            Map<String, String> client,
            String secretFile,
            String stateDir,
            Map<String, String> registry,
            Map<String, String> settings) {
        ProposedFile file = new ProposedFile();
        file.comment("Proposed by trueup attach. The job observes: it reports what differs, and repairs nothing.");
        file.comment("All settings with their defaults are in topology/CONFIGURATION.md.");
        file.blank();
        file.setting("bootstrap.servers", client.get(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG));
        file.security(client);
        file.registry(registry);
        file.setting("dataset", dataset);
        file.setting("replicas", String.join(", ", replicas));
        file.blank();
        file.comment("Key of all hashes. Keep the file, and give it to all processes of this dataset.");
        file.setting("hash.secret.file", secretFile);
        file.blank();
        file.comparison(settings);
        replicas.forEach(replica -> file.replica(replica, settings));
        file.comment(
                "observe: differences are reported. repair: repair events are sent to the repairs topics, and the datastores");
        file.comment("must consume them: see \"Attach a datastore\" in topology/OPERATIONS.md.");
        file.setting("mode", "observe");
        file.blank();
        file.comment(
                "How often trees are compared, and how long a write may take to reach all replicas before it counts as missing.");
        file.setting("round.interval", "60s");
        file.setting("grace", "30s");
        file.blank();
        file.comment(
                "The topics of the job are created with as many partitions as the topics above, which it never creates.");
        file.setting("topics.create", "true");
        file.setting("state.dir", stateDir);
        return file.text.toString();
    }

    private void security(Map<String, String> client) {
        Map<String, ConfigKey> known = new TreeMap<>(ProducerConfig.configDef().configKeys());
        known.putAll(AdminClientConfig.configDef().configKeys());
        new TreeMap<>(client).forEach((name, value) -> {
            if (name.equals(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG)) {
                return;
            }
            ConfigKey key = known.get(name);
            if (key == null || key.type == Type.PASSWORD) {
                secret("kafka." + name);
            } else {
                setting("kafka." + name, value);
            }
        });
    }

    private void registry(Map<String, String> registry) {
        Map<String, ConfigKey> known = RegistrySettings.definition().configKeys();
        new TreeMap<>(registry).forEach((name, value) -> {
            ConfigKey key = known.get(name);
            boolean isSecret = key == null ? RegistrySettings.isSecret(name) : key.type == Type.PASSWORD;
            if (isSecret || value.contains("@")) {
                secret(name);
            } else {
                setting(name, value);
            }
        });
    }

    private void secret(String key) {
        comment("Not copied, because it may be a secret: set the environment variable TRUEUP_"
                + key.replace("_", "__").replace("-", "___").replace('.', '_').toUpperCase(Locale.ROOT) + ".");
    }

    private void comparison(Map<String, String> settings) {
        boolean versions = settings.get("compare").equals("version");
        comment(
                versions
                        ? "Entries are equal if their versions and values are."
                        : "Entries are equal if their values are: the versions of the replicas are each replica's own.");
        setting("compare", settings.get("compare"));
        if (settings.containsKey("value.canonical")) {
            comment("Values are compared as documents, not by their bytes.");
            setting("value.canonical", settings.get("value.canonical"));
        }
        if (settings.containsKey("value.ignore")) {
            comment("Members that differed in most values of the sample. Remove what is data.");
            setting("value.ignore", settings.get("value.ignore"));
        }
        comment(
                settings.get("resolution").equals("latest")
                        ? "The highest version wins."
                        : "What this replica holds wins, also where it holds nothing.");
        setting("resolution", settings.get("resolution"));
        blank();
    }

    private void replica(String replica, Map<String, String> settings) {
        for (String key : List.of("role", "writes.topic", "writes.format", "repairs.format")) {
            String name = "replica." + replica + "." + key;
            if (settings.containsKey(name)) {
                if (key.equals("role")) {
                    comment("A source is compared, and never repaired.");
                }
                setting(name, settings.get(name));
            }
        }
        blank();
    }

    private void setting(String key, String value) {
        text.append(key).append(" = ").append(escaped(value)).append('\n');
    }

    /** Properties files read a backslash as the beginning of an escape sequence. */
    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }

    private void comment(String line) {
        text.append("# ").append(line).append('\n');
    }

    private void blank() {
        text.append('\n');
    }
}
