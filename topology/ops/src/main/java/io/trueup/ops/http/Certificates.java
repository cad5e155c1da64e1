package io.trueup.ops.http;

import io.trueup.config.http.HttpSettings;
import io.trueup.config.http.HttpSettings.Tls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Reads the certificate and the private key of the server, from a PKCS#12 file or from PEM files. */
final class Certificates {

    private static final Pattern KEY = Pattern.compile(
            "-----BEGIN (ENCRYPTED )?PRIVATE KEY-----\\s+([A-Za-z0-9+/=\\s]+)-----END (ENCRYPTED )?PRIVATE KEY-----");

    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private Certificates() {}

    /**
     * Makes the context of TLS connections.
     *
     * @throws HttpStartException if the files cannot be read; it names them
     */
    static SSLContext context(Tls tls) {
        try {
            char[] password =
                    tls.password() == null ? new char[0] : tls.password().toCharArray();
            KeyStore store = tls.keystore() != null ? pkcs12(tls.keystore(), password) : pem(tls, password);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new HttpStartException("the certificate of " + HttpSettings.LISTEN + " cannot be used (" + tls + "): "
                    + e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage())
                    + ". Check the files, and http.tls.password");
        }
    }

    private static KeyStore pkcs12(Path file, char[] password) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, password);
        }
        return store;
    }

    private static KeyStore pem(Tls tls, char[] password) throws IOException, GeneralSecurityException {
        byte[] certificates = Files.readAllBytes(tls.certificate());
        Certificate[] chain = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(certificates))
                .toArray(Certificate[]::new);
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("http", key(tls.key(), password), password, chain);
        return store;
    }

    private static PrivateKey key(Path file, char[] password) throws IOException, GeneralSecurityException {
        Matcher found = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new IOException(file
                    + " has no PKCS#8 key (BEGIN PRIVATE KEY); convert it: openssl pkcs8 -topk8 -nocrypt -in " + file);
        }
        byte[] encoded = Base64.getMimeDecoder().decode(found.group(2));
        PKCS8EncodedKeySpec spec =
                found.group(1) == null ? new PKCS8EncodedKeySpec(encoded) : decrypted(encoded, password);
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // it is a key of another algorithm
            }
        }
        throw new InvalidKeySpecException(file + " is a key of none of " + String.join(", ", ALGORITHMS));
    }

    private static PKCS8EncodedKeySpec decrypted(byte[] encoded, char[] password)
            throws IOException, GeneralSecurityException {
        EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encoded);
        String algorithm = info.getAlgParameters() == null
                ? info.getAlgName()
                : info.getAlgParameters().toString();
        SecretKey key = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(Cipher.DECRYPT_MODE, key, info.getAlgParameters());
        return info.getKeySpec(cipher);
    }
}
