uniform vec3 skin, hair, brows, lip, iris, light, light_colour, ambient;
uniform vec4 brow;          // thickness, darkness, arch, gap
uniform vec4 fringe;        // line, side, density, stubble
uniform vec4 extra;         // moustache, freckles, shine, grain
uniform vec3 eyes[2];
uniform float away;
uniform sampler2D lips;
in vec3 world, facing, rest;
in vec2 plane;
in vec2 edge;
flat in float kind;
out vec4 colour;

float hash(vec3 p) { return fract(sin(dot(floor(p), vec3(12.9898, 78.233, 37.719))) * 43758.5453); }

float noise(vec3 p) {
    vec3 f = fract(p), u = f * f * (3.0 - 2.0 * f);
    float low = mix(mix(hash(p), hash(p + vec3(1, 0, 0)), u.x),
                    mix(hash(p + vec3(0, 1, 0)), hash(p + vec3(1, 1, 0)), u.x), u.y);
    float high = mix(mix(hash(p + vec3(0, 0, 1)), hash(p + vec3(1, 0, 1)), u.x),
                     mix(hash(p + vec3(0, 1, 1)), hash(p + vec3(1, 1, 1)), u.x), u.y);
    return mix(low, high, u.z);
}

float hair_at(vec3 p) {
    float line = fringe.x - 0.035 * p.x * p.x + (noise(p * 2.5) - 0.5) * 0.9;
    float crown = smoothstep(-0.25, 0.25, p.y - line);
    float side = smoothstep(-0.3, 0.3, fringe.y - p.z) * smoothstep(-5.5, -4.0, p.y) * smoothstep(5.0, 6.0, abs(p.x));
    float back = smoothstep(-9.0, -10.0, p.z) * smoothstep(-9.0, -7.5, p.y);
    return max(max(crown, side), back) * fringe.z;
}

float brow_at(vec3 p) {
    float along = (abs(p.x) - brow.w) / 4.0;
    float middle = 1.75 + brow.z * sin(clamp(along, 0.0, 1.0) * 2.4) - 0.5 * smoothstep(0.7, 1.0, along);
    float wide = brow.x * (1.0 - 0.6 * smoothstep(0.4, 1.0, along));
    float inside = smoothstep(-0.08, 0.08, along) * (1.0 - smoothstep(0.92, 1.06, along));
    float ragged = 0.75 + 0.5 * noise(vec3(p.x * 9.0 + p.y * 5.0, p.y * 3.0, 1.0));
    return (1.0 - smoothstep(wide * 0.6, wide * 1.15, abs(p.y - middle))) * inside * ragged * step(0.0, p.z);
}

vec3 skin_at(vec3 p, out float gloss) {
    float spots = smoothstep(0.72, 0.9, noise(p * 7.0 + extra.w)) * extra.y * smoothstep(4.5, 2.0, abs(p.y + 2.5));
    vec3 tone = skin * (0.93 + 0.14 * noise(p * 1.3 + 7.0)) * (0.97 + 0.06 * noise(p * 14.0));
    float flush = exp(-dot(vec2(abs(p.x) - 4.2, p.y + 3.5), vec2(abs(p.x) - 4.2, p.y + 3.5)) / 4.0);
    flush += exp(-dot(p - vec3(0, -3.7, 3.5), p - vec3(0, -3.7, 3.5)) / 2.0);
    tone *= mix(vec3(1), vec3(1.04, 0.88, 0.86), clamp(flush, 0.0, 1.0) * 0.8);
    tone *= 1.0 - 0.45 * spots * vec3(0.6, 0.9, 1.0);
    float red = texture(lips, plane).r;
    tone = mix(tone, lip, red * 0.85);
    float jaw = smoothstep(-4.6, -6.0, p.y - 0.12 * p.x * p.x + 1.4) * smoothstep(-7.0, -3.5, p.z) * (1.0 - red);
    float above = exp(-pow((p.y + 5.35) / 0.45, 2.0)) * smoothstep(3.2, 2.2, abs(p.x)) * step(0.0, p.z);
    float bristle = 0.6 + 0.6 * noise(p * vec3(11, 6, 11));
    tone = mix(tone, hair * 0.8, clamp(bristle * max(jaw * fringe.w, above * extra.x), 0.0, 0.9));
    float browed = clamp(brow_at(p) * brow.y, 0.0, 0.95);
    tone = mix(tone, brows, browed);
    tone *= 1.0 - 0.75 * smoothstep(0.35, 0.95, edge.x);
    float hairy = hair_at(p) * (1.0 - edge.y);
    float strand = 0.55 + 0.75 * noise(vec3(p.x * 5.0, p.y * 1.2, p.z * 1.6)) * noise(p * 1.7);
    tone = mix(tone, hair * strand * 1.4, hairy);
    gloss = extra.z * (1.0 - 0.6 * hairy) * (1.0 - browed) * (1.0 + 1.5 * red);
    return tone;
}

vec3 eye_at(vec3 p) {
    vec3 centre = p.x < 0.0 ? eyes[0] : eyes[1];
    vec3 ray = normalize(p - centre);
    float angle = acos(clamp(ray.z, -1.0, 1.0));
    float turn = atan(ray.y, ray.x);
    vec3 white = vec3(0.72, 0.68, 0.65) * (1.0 - 0.25 * smoothstep(0.5, 1.1, angle));
    vec3 ring = iris * (0.7 + 0.6 * noise(vec3(turn * 6.0, angle * 5.0, 2.0)));
    ring *= 1.0 - 0.75 * smoothstep(0.40, 0.50, angle);
    vec3 tone = mix(ring, white, smoothstep(0.47, 0.54, angle));
    return mix(vec3(0.01), tone, smoothstep(0.17, 0.21, angle));
}

void main() {
    vec3 n = normalize(facing);
    vec3 look = normalize(vec3(0, 0, away) - world);
    float gloss = 0.0, power = 22.0;
    vec3 base;
    if (kind < 0.5) base = skin_at(rest, gloss);
    else if (kind < 1.5) { base = eye_at(rest); gloss = 1.6; power = 90.0; }
    else if (kind < 2.5) base = skin * vec3(0.35, 0.25, 0.22);
    else if (kind < 3.5) base = vec3(0.10, 0.02, 0.02);
    else base = vec3(0.35, 0.12, 0.11);
    float lit = dot(n, light);
    vec3 wrap = clamp((vec3(lit) + vec3(0.32, 0.16, 0.12)) / vec3(1.32, 1.16, 1.12), 0.0, 1.0);
    float sky = 0.62 + 0.38 * n.y;
    float hollow = kind < 0.5 ? 1.0 - 0.45 * smoothstep(1.6, 0.6, length(vec2(abs(rest.x) - 2.2, rest.y - 0.9))) : 0.75;
    hollow *= kind < 0.5 ? smoothstep(-17.0, -10.5, rest.y - 0.35 * min(rest.z + 2.0, 0.0)) * 0.6 + 0.4 : 1.0;
    float shine = pow(max(dot(n, normalize(light + look)), 0.0), power) * gloss * max(lit, 0.0);
    float rimmed = pow(1.0 - max(dot(n, look), 0.0), 4.0) * 0.12;
    vec3 total = base * (light_colour * wrap + ambient * sky) * hollow + (shine + rimmed) * light_colour * 0.25;
    colour = vec4(pow(clamp(total, 0.0, 1.0), vec3(1.0 / 2.2)), 1.0);
}
