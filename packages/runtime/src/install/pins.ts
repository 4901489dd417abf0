/** A file of a Python package index. It is used only if its digest matches. */
export interface PinnedWheel {
  /** Project name, as pip spells it. */
  readonly project: string;
  readonly version: string;
  /** Platform tag for pip. */
  readonly platform: string;
  readonly sha256: string;
  /** Size of the wheel in bytes, for the progress bar and the check of free disk space. */
  readonly bytes: number;
  /** Approximate size of the unpacked members in bytes. */
  readonly unpackedBytes: number;
  /** Members to unpack; the rest of the wheel is Python. */
  readonly take: RegExp;
}

/** One build of TensorFlow: wheels unpacked into one folder, where the libraries find each other by relative paths. */
export interface TensorFlowBuild {
  /** Name of its folder in the cache. */
  readonly key: string;
  readonly version: string;
  readonly gpu: boolean;
  readonly wheels: readonly PinnedWheel[];
}

/** Pinned downloads for one platform. */
export interface PlatformPins {
  readonly cpu: TensorFlowBuild;
  readonly gpu?: TensorFlowBuild;
  readonly zig: PinnedWheel;
}

/** The tfjs release whose binding and JavaScript are used. Its npm tarball is used only if its digest matches. */
export const TFJS_NODE = {
  name: '@tensorflow/tfjs-node-gpu',
  version: '4.22.0',
  integrity:
    'sha512-p//NN6DGiN4hInUmIkRffaFVMcdTREUMjPyjW04J7OXvB2zBlQimj61eFKSgRrH3f5TnOfKzb0n56he/B6a4bw==',
} as const;

/** Node-API version of the binding. Node 20 and later support it. */
export const NAPI_VERSION = 8;

/** Wheels for this Python version are downloaded, independent of the user's Python, since Python never runs them. */
export const PYTHON_TAG = '3.11';

const TENSORFLOW = '2.21.0';
const ZIG = '0.17.1';

/** `include/external` has sources of other projects (150 MB) that the C API does not need. */
const TENSORFLOW_MEMBERS = /^tensorflow\/(libtensorflow[^/]*|include\/(?!external\/).+)$/;
const ZIG_MEMBERS = /^ziglang\/(zig|LICENSE|lib\/.+)$/;
/** Libraries, and the whole CUDA compiler: TensorFlow runs `ptxas` and reads `libdevice`. */
const CUDA_MEMBERS = /^nvidia\/([^/]+\/lib\/[^/]+\.so[^/]*|cuda_nvcc\/(bin|nvvm)\/.+)$/;

const tensorflow = (
  project: string,
  platform: string,
  bytes: number,
  unpackedBytes: number,
  sha256: string,
): PinnedWheel => ({
  project,
  version: TENSORFLOW,
  platform,
  bytes,
  unpackedBytes,
  sha256,
  take: TENSORFLOW_MEMBERS,
});

const zig = (platform: string, bytes: number, unpackedBytes: number, sha256: string): PinnedWheel => ({
  project: 'ziglang',
  version: ZIG,
  platform,
  bytes,
  unpackedBytes,
  sha256,
  take: ZIG_MEMBERS,
});

const nvidia = (
  name: string,
  version: string,
  platform: string,
  bytes: number,
  unpackedBytes: number,
  sha256: string,
): PinnedWheel => ({
  project: `nvidia-${name}-cu12`,
  version,
  platform,
  bytes,
  unpackedBytes,
  sha256,
  take: CUDA_MEMBERS,
});

/**
 * Pinned downloads by `${process.platform}-${process.arch}`. The NVIDIA versions are those of the extra `and-cuda` of tensorflow
 * 2.21.0 (CUDA 12.9, cuDNN 9).
 */
export const PINS: Readonly<Record<string, PlatformPins>> = {
  'linux-x64': {
    cpu: {
      key: `tensorflow-cpu-${TENSORFLOW}-linux-x64`,
      version: TENSORFLOW,
      gpu: false,
      wheels: [
        tensorflow(
          'tensorflow-cpu',
          'manylinux_2_27_x86_64',
          273_829_956,
          990_000_000,
          '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        ),
      ],
    },
    gpu: {
      key: `tensorflow-gpu-${TENSORFLOW}-linux-x64`,
      version: TENSORFLOW,
      gpu: true,
      wheels: [
        tensorflow(
          'tensorflow',
          'manylinux_2_27_x86_64',
          572_440_367,
          1_396_000_000,
          '9056fbc9ba04235810b71ae6cbd958a196e8804fb53bbcffbf3e23b56155f124',
        ),
        nvidia(
          'cublas',
          '12.9.3.13',
          'manylinux_2_27_x86_64',
          581_217_458,
          855_661_803,
          'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
        ),
        nvidia(
          'cuda-cupti',
          '12.9.79',
          'manylinux_2_25_x86_64',
          10_814_997,
          44_537_974,
          '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
        ),
        nvidia(
          'cuda-nvcc',
          '12.9.86',
          'manylinux2010_x86_64',
          40_546_229,
          98_892_849,
          '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
        ),
        nvidia(
          'cuda-nvrtc',
          '12.9.86',
          'manylinux2010_x86_64',
          89_568_129,
          227_387_311,
          '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
        ),
        nvidia(
          'cuda-runtime',
          '12.9.79',
          'manylinux2014_x86_64',
          3_493_179,
          9_547_359,
          '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
        ),
        nvidia(
          'cudnn',
          '9.28.0.42',
          'manylinux_2_27_x86_64',
          716_538_495,
          1_163_594_794,
          '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
        ),
        nvidia(
          'cufft',
          '11.4.1.4',
          'manylinux2014_x86_64',
          200_877_592,
          293_659_685,
          'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
        ),
        nvidia(
          'curand',
          '10.3.10.19',
          'manylinux_2_27_x86_64',
          68_295_626,
          169_070_076,
          '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
        ),
        nvidia(
          'cusolver',
          '11.7.5.82',
          'manylinux_2_27_x86_64',
          338_117_415,
          495_233_963,
          '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
        ),
        nvidia(
          'cusparse',
          '12.5.10.65',
          'manylinux2014_x86_64',
          366_465_088,
          486_855_743,
          '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
        ),
        nvidia(
          'nccl',
          '2.32.3',
          'manylinux_2_27_x86_64',
          351_526_311,
          490_597_602,
          'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
        ),
        nvidia(
          'nvjitlink',
          '12.9.86',
          'manylinux2010_x86_64',
          39_748_338,
          95_952_824,
          'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
        ),
      ],
    },
    zig: zig(
      'manylinux_2_12_x86_64',
      101_083_562,
      375_692_284,
      'ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54',
    ),
  },
  'linux-arm64': {
    cpu: {
      key: `tensorflow-cpu-${TENSORFLOW}-linux-arm64`,
      version: TENSORFLOW,
      gpu: false,
      wheels: [
        tensorflow(
          'tensorflow',
          'manylinux_2_27_aarch64',
          281_828_020,
          1_020_000_000,
          '4b24aca16d527a3cf1c37f720c04c484c3d20f4d0fdfa98632ac8b9f3be6eb5c',
        ),
      ],
    },
    zig: zig(
      'manylinux2014_aarch64',
      98_063_064,
      361_866_047,
      'b7c5f02fccd40f89b999ee16a1f5ddced56e6182370f8affe494bcf8a28cf07e',
    ),
  },
  'darwin-arm64': {
    cpu: {
      key: `tensorflow-cpu-${TENSORFLOW}-darwin-arm64`,
      version: TENSORFLOW,
      gpu: false,
      wheels: [
        tensorflow(
          'tensorflow',
          'macosx_12_0_arm64',
          223_405_849,
          878_000_000,
          '51f46f4806139d01fc7920cc72a4c75876f80649bf40ff083ab6212ceb43ca88',
        ),
      ],
    },
    zig: zig(
      'macosx_13_0_arm64',
      100_390_379,
      370_000_000,
      '09953b6af7f64168b915180a42774f520f92d86ef6331b28e33915c7e1f0bb23',
    ),
  },
};

/** Pinned downloads for this platform; undefined if there are none. */
export function platformPins(): PlatformPins | undefined {
  return PINS[`${process.platform}-${process.arch}`];
}

/** Platforms with pinned wheels. */
export const NATIVE_PLATFORMS: readonly string[] = Object.keys(PINS);
